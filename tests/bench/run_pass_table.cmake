# Runs weld-pass-table (PROGRAM) on little data: fusion must be seen to change the chain of maps, and not the single scan.
execute_process(COMMAND ${PROGRAM} --sf=0.001 --rows=1000 --repetitions=1 --markdown
                OUTPUT_VARIABLE table ERROR_VARIABLE messages RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "weld-pass-table: status ${status}\n${messages}")
endif()

# cell(ROW COLUMN RESULT): a cell of the table, without blanks.
function(cell row column result)
  foreach(name IN ITEMS workload ${row})
    if(NOT table MATCHES "\\| ${name} +\\|([^\n]*) \\|\n")
      message(FATAL_ERROR "the table has no row ${name}:\n${table}")
    endif()
    string(REPLACE " " "" cells "${CMAKE_MATCH_1}")
    string(REPLACE "|" ";" cells_of_${name} "${cells}")
  endforeach()
  list(FIND cells_of_workload ${column} index)
  list(GET cells_of_${row} ${index} found)
  set(${result} ${found} PARENT_SCOPE)
endfunction()

cell(fuse-maps map_filter_reduce fused)
cell(fuse-maps filtered_sum_50% unchanged)
if(NOT fused MATCHES "^[0-9.]+/[0-9.]+$" OR NOT unchanged STREQUAL "-")
  message(FATAL_ERROR "fuse-maps: ${fused} for the chain, ${unchanged} for the scan\n${table}")
endif()

execute_process(COMMAND ${PROGRAM} --repetitions=0 OUTPUT_QUIET ERROR_VARIABLE messages RESULT_VARIABLE status)
if(NOT status EQUAL 2 OR NOT messages MATCHES "usage")
  message(FATAL_ERROR "--repetitions=0: status ${status}\n${messages}")
endif()
