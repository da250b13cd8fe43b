#include "tests/matrix/arguments.h"

#include <utility>

namespace weld::matrix {

bool is_maker(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  return first != std::string_view::npos && text.substr(first).starts_with("||");
}

Result<Arguments> Arguments::read(std::string_view text, std::span<const Type> types) {
  Arguments arguments;
  if (!is_maker(text)) {
    Result<OwnedArguments> literals = parse_values(text, types);
    if (!literals.ok()) return literals.diagnostics();
    arguments.literals_ = std::move(*literals);
    return arguments;
  }
  CompileOptions options;
  options.llvm_level = 0;
  Result<std::shared_ptr<const Module>> maker = Module::compile(text, options);
  if (!maker.ok()) return maker.diagnostics();
  const Type given = (*maker)->return_type();
  const Type taken = Type::structure(types);
  if (given != taken) return Diagnostic{"the arguments are " + given.to_string() + ", but have to be " + taken.to_string(), {}};
  arguments.maker_ = std::move(*maker);
  return arguments;
}

Arguments::Made Arguments::make(const std::shared_ptr<runtime::Engine>& engine) const {
  if (literals_) return {literals_->data(), {}, ""};
  Made made = {nullptr, maker_->run(engine, nullptr), ""};
  if (made.value.ok()) {
    made.data = made.value.data();
  } else {
    made.fault = "what makes the arguments fails: " + made.value.error_message() + "\n";
  }
  return made;
}

}  // namespace weld::matrix
