# Script: writes the C file OUTPUT with gt_kernel_sources[] (engine/cuda_compiler.h) from TEXTS, a list of name=path. The texts are
# arrays of bytes, since compilers may limit the length of a string.

set(arrays "")
set(rows "")
set(n 0)
foreach(text IN LISTS TEXTS)
    string(REGEX MATCH "^([^=]*)=(.*)$" text "${text}")
    set(name ${CMAKE_MATCH_1})
    file(READ ${CMAKE_MATCH_2} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(APPEND arrays "static const char text_${n}[] = {${bytes}0};\n")
    string(APPEND rows "    {\"${name}\", text_${n}},\n")
    math(EXPR n "${n} + 1")
endforeach()
file(WRITE ${OUTPUT} "/* Written by cmake/embed.cmake. */\n#include \"engine/cuda_compiler.h\"\n\n${arrays}\n"
                     "const gt_kernel_source gt_kernel_sources[] = {\n${rows}};\nconst size_t gt_n_kernel_sources = ${n};\n")
