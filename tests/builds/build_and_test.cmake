# Script of vetor_build_test: configure, build, test; stops at the first that fails.
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
set(folder "${SOURCE}/build-${PRESET}")
set(ENV{CTEST_OUTPUT_ON_FAILURE} 1)

function(run)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY "${SOURCE}" COMMAND_ECHO STDOUT
    COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run("${CMAKE_COMMAND}" --preset ${PRESET} ${OPTIONS})
run("${CMAKE_COMMAND}" --build "${folder}" --target ${TARGET} --parallel ${cores})
if(LABEL)
  run("${CMAKE_CTEST_COMMAND}" --test-dir "${folder}" --parallel ${cores} --no-tests=error
    --label-regex "${LABEL}" --exclude-regex "${EXCLUDE}")
endif()
