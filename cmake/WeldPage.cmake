# The page of `weld explain --html`, from page.html with its styles and script put in, as a C++ source.
#   weld_page(TARGET FOLDER): the static library TARGET of it alone, so that no other source waits for it, nor it for others; it is
#   made anew when a file of FOLDER changes.
# Run as a script, with FOLDER and OUTPUT given, it writes the source.
function(weld_page target folder)
  set(output ${CMAKE_BINARY_DIR}/explain_page.cc)
  set(script ${CMAKE_SOURCE_DIR}/cmake/WeldPage.cmake)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${CMAKE_SOURCE_DIR}/${folder} -DOUTPUT=${output} -P ${script}
    DEPENDS ${files} ${script}
    VERBATIM)
  add_library(${target} STATIC ${output})
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  # As lists of lines these would lose brackets and semicolons, so they are read and replaced whole.
  file(READ "${FOLDER}/page.html" page)
  file(READ "${FOLDER}/style.css" style)
  string(REPLACE "@STYLE@" "${style}" page "${page}")
  set(script "")
  foreach(part IN ITEMS elements graph panes page)
    file(READ "${FOLDER}/${part}.js" text)
    string(APPEND script "${text}")
  endforeach()
  string(REPLACE "@SCRIPT@" "${script}" page "${page}")
  # A compiler takes only so long a literal.
  string(LENGTH "${page}" length)
  set(literals "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${page}" ${at} 8000 part)
    string(APPEND literals "R\"weld_page(${part})weld_page\"\n")
    math(EXPR at "${at} + 8000")
  endwhile()
  file(WRITE "${OUTPUT}" "#include \"weld/explain_page.h\"\n\nstd::string_view weld::explain_page() {\n  return\n${literals};\n}\n")
endif()
