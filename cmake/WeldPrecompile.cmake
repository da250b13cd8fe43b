# Precompiled headers (option WELD_PRECOMPILE), for builds that are made as a whole: what every file reads of the standard library, and
# what code generation reads of LLVM and tests of GoogleTest, is read once. Targets with the same headers share what is made for
# the first of them. That each file includes what it uses is for scripts/lint.py to see. And what takes longer to optimize than to
# run, tests and programs themselves, is not optimized.
set(weld_common_headers <algorithm> <array> <atomic> <functional> <memory> <optional> <span> <string> <string_view> <unordered_map>
    <unordered_set> <utility> <variant> <vector> <fmt/format.h> <tsl/ordered_map.h> <tsl/ordered_set.h>)

set(weld_optimized_targets weld_ir weld_optimizer weld_runtime weld_codegen weld_core weld weld_reference weld_generator weld_matrix
    weld_runtime_test weld_bench_sweep)

# weld_targets(FOLDER VARIABLE): the targets of a folder and those below it.
function(weld_targets folder variable)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(inner IN LISTS folders)
    weld_targets(${inner} found)
    list(APPEND targets ${found})
  endforeach()
  set(${variable} ${targets} PARENT_SCOPE)
endfunction()

function(weld_precompile_all)
  weld_targets(${CMAKE_SOURCE_DIR} targets)
  get_target_property(directory_options weld_ir COMPILE_OPTIONS)
  foreach(target IN LISTS targets)
    get_target_property(kind ${target} TYPE)
    get_target_property(sources ${target} SOURCES)
    # Those that are compiled in a way of their own cannot share, and are few.
    get_target_property(options ${target} COMPILE_OPTIONS)
    get_target_property(standard ${target} CXX_STANDARD)
    if(NOT kind MATCHES "LIBRARY|EXECUTABLE" OR kind STREQUAL "INTERFACE_LIBRARY" OR NOT sources MATCHES "[.]cc"
       OR NOT standard EQUAL CMAKE_CXX_STANDARD OR NOT "${options}" STREQUAL "${directory_options}")
      continue()
    endif()
    set(headers ${weld_common_headers})
    get_target_property(libraries ${target} LINK_LIBRARIES)
    if(target STREQUAL "weld_codegen")
      list(APPEND headers ${CMAKE_SOURCE_DIR}/weld/codegen/llvm.h)
    elseif("GTest::gtest" IN_LIST libraries)
      list(APPEND headers <gtest/gtest.h>)
    endif()
    set(level optimized)
    if(NOT target IN_LIST weld_optimized_targets)
      set(level -O0)
      target_compile_options(${target} PRIVATE ${level})
    endif()
    # Code for executables and for libraries, and of each level, is generated differently, which the headers' file knows.
    string(MAKE_C_IDENTIFIER "first of ${headers} ${kind} ${level}" first)
    if(DEFINED ${first})
      target_precompile_headers(${target} REUSE_FROM ${${first}})
    else()
      set(${first} ${target})
      target_precompile_headers(${target} PRIVATE ${headers})
    endif()
  endforeach()
endfunction()

if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # So that the same headers make the same file, and ccache may find what was compiled with it.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Xclang> $<$<COMPILE_LANGUAGE:CXX>:-fno-pch-timestamp>)
endif()
