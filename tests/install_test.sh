#!/bin/bash
# Installs into an empty prefix and builds the README's example against it: through pkg-config, and through find_package with the shared
# and the static library. BUILD_DIR: the build to install; CC: the compiler.
set -euo pipefail
example=$(realpath "$(dirname "$0")/../examples/quickstart.c")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/moved
cmake --install "$BUILD_DIR" --prefix "$work/prefix" >/dev/null
mv "$work/prefix" "$prefix" # nothing in it may know where it was installed
lib=$(dirname "$(find "$prefix" -name libgantry.so)")

echo "The shared library shows what gantry.h declares and nothing else"
nm -D --defined-only "$lib/libgantry.so" | awk '{print $3}' | sort >"$work/exported"
"$CC" -E -P "$prefix/include/gantry/gantry.h" | grep -oE '\bgt_[a-z_0-9]+\(' | tr -d '(' | sort >"$work/declared"
diff "$work/declared" "$work/exported"

echo "pkg-config"
export PKG_CONFIG_PATH=$lib/pkgconfig
read -ra flags < <(pkg-config --cflags --libs gantry)
"$CC" -std=c11 -Wall -Wextra -Werror "$example" "${flags[@]}" -Wl,-rpath,"$lib" -o "$work/by_pkg_config"
"$work/by_pkg_config" | tee "$work/expected"
[ "$(wc -l <"$work/expected")" -eq 8 ]

echo "pkg-config --static"
read -ra flags < <(pkg-config --static --cflags --libs gantry)
"$CC" "$example" "${flags[@]/#-lgantry/-l:libgantry.a}" -o "$work/by_pkg_config_static"
"$work/by_pkg_config_static" | diff "$work/expected" -

echo "find_package"
cp "$example" "$work"
cat >"$work/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(gantry REQUIRED)
foreach(library gantry gantry_static)
    add_executable(with_${library} quickstart.c)
    target_link_libraries(with_${library} PRIVATE gantry::${library})
endforeach()
END
cmake -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$work/build" >/dev/null
for library in gantry gantry_static; do
    "$work/build/with_$library" | diff "$work/expected" -
done

echo "the command"
"$prefix/bin/gantry" --version
