# Precompiled headers (option WELD_PRECOMPILE), for builds that are made as a whole: what every file reads of the standard library, and
# what code generation reads of LLVM and tests of GoogleTest, is read once. Targets with the same headers share what is made for
# the first of them.
set(weld_common_headers <algorithm> <functional> <memory> <optional> <string> <string_view> <unordered_map> <unordered_set>
    <utility> <vector> <fmt/format.h>)

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
  set(first_test "")
  foreach(target IN LISTS targets)
    get_target_property(kind ${target} TYPE)
    get_target_property(sources ${target} SOURCES)
    if(NOT kind MATCHES "LIBRARY|EXECUTABLE" OR kind STREQUAL "INTERFACE_LIBRARY" OR NOT sources MATCHES "[.]cc")
      continue()
    endif()
    get_target_property(libraries ${target} LINK_LIBRARIES)
    if(target STREQUAL "weld_ir")
      target_precompile_headers(${target} PRIVATE ${weld_common_headers})
    elseif(target STREQUAL "weld_codegen")
      target_precompile_headers(${target} PRIVATE ${weld_common_headers} ${CMAKE_SOURCE_DIR}/weld/codegen/llvm.h)
    elseif(NOT "GTest::gtest" IN_LIST libraries)
      target_precompile_headers(${target} REUSE_FROM weld_ir)
    elseif(first_test)
      target_precompile_headers(${target} REUSE_FROM ${first_test})
    else()
      set(first_test ${target})
      target_precompile_headers(${target} PRIVATE ${weld_common_headers} <gtest/gtest.h>)
    endif()
  endforeach()
endfunction()

if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # So that the same headers make the same file, and ccache may find what was compiled with it.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Xclang> $<$<COMPILE_LANGUAGE:CXX>:-fno-pch-timestamp>)
endif()
