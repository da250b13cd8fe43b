"""Documents whose examples are run: their blocks of code, and the compiling and running of them."""
import os
import re
import subprocess
import tempfile


def blocks(path, language):
    """The blocks of code in a language, in order."""
    with open(path, encoding="utf-8") as file:
        return re.findall(rf"^```{language}\n(.*?)^```", file.read(), re.DOTALL | re.MULTILINE)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def expect(found, expected):
    assert found == expected, f"expected {expected!r}, found {found!r}"


def output_of(code, suffix, compiler, standard, include, library, sanitizers):
    """What a program prints that is compiled against libweld."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, "example" + suffix), os.path.join(folder, "example")
        with open(source, "w", encoding="utf-8") as file:
            file.write(code)
        flags = [f"-fsanitize={sanitizers}"] if sanitizers else []
        run(compiler, f"-std={standard}", "-Wall", "-Werror", *flags, f"-I{include}", source, library,
            f"-Wl,-rpath,{os.path.dirname(library)}", "-o", program)
        return run(program)
