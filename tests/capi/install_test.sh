#!/bin/sh
# install_test.sh CMAKE BUILD SOURCES WORK: installs the build into a fresh prefix, then builds and runs the C test and a C++
# program against it, the C test through find_package(Weld) and through pkg-config, and runs the installed command line.
set -eu
cmake=$1
build=$2
sources=$3
work=$4
flags=${SANITIZE:+-fsanitize=$SANITIZE}

rm -rf "$work"
mkdir -p "$work"
"$cmake" --install "$build" --prefix "$work/prefix" >"$work/install.log"

# Through CMake; nothing but the prefix and the consumer's own sources is on the include path.
"$cmake" -S "$sources/consumer" -B "$work/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" \
  -DCAPI_TEST="$sources/capi_test.c" >"$work/configure.log"
"$cmake" --build "$work/consumer" >"$work/build.log"
"$work/consumer/consumer"
"$work/consumer/hpp_consumer"

# Through pkg-config.
PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name weld.pc)")
export PKG_CONFIG_PATH
libraries=$(pkg-config --variable=libdir weld)
# shellcheck disable=SC2046,SC2086
"$CC" -std=c11 $flags "$sources/capi_test.c" -o "$work/by_pkg_config" $(pkg-config --cflags --libs weld) -Wl,-rpath,"$libraries"
"$work/by_pkg_config"
[ "$(pkg-config --modversion weld)" = "$("$work/prefix/bin/weld" --version | sed 's/weld //')" ]

result=$("$work/prefix/bin/weld" run -e '1L + 2L')
[ "$result" = 3L ]
