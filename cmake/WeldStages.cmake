# weld_stage(NAME FOLDER LIBRARY...): the static library NAME of FOLDER/*.cc. A folder without sources gives a library of headers.
function(weld_stage name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC fmt::fmt ${ARGN})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE fmt::fmt ${ARGN})
  endif()
endfunction()

# Defines weld_llvm, what a user of LLVM links: the shared library, or, in targets of weld_product(), the static ones of the
# components that code generation needs.
function(weld_find_llvm_libraries)
  add_library(weld_llvm INTERFACE)
  target_include_directories(weld_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
  llvm_map_components_to_libnames(components core orcjit native passes support target)
  set(is_static $<BOOL:$<TARGET_PROPERTY:WELD_STATIC_LLVM>>)
  target_link_libraries(weld_llvm INTERFACE "$<IF:${is_static},${components},LLVM>")
endfunction()

# weld_product(TARGET): what users start or load. With WELD_STATIC_LLVM it has an LLVM of its own, without which its start would
# spend some 12 ms on relocating libLLVM; tests share libLLVM, as they are many.
function(weld_product target)
  set_target_properties(${target} PROPERTIES WELD_STATIC_LLVM ${WELD_STATIC_LLVM})
  target_link_options(${target} PRIVATE LINKER:--gc-sections)
endfunction()
