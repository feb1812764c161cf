# ONNX Runtime: headers only, never linked (src/backend/onnx loads the library at run time). The
# headers are the minimum that a library must offer: 26 has the record of which provider ran what.
set(VETOR_ORT_MIN_API 26)

# Sets `result` to the API version that the headers in `folder` declare, 0 if there are none.
function(vetor_ort_api_version folder result)
  set(${result} 0 PARENT_SCOPE)
  if(EXISTS "${folder}/onnxruntime_c_api.h")
    file(STRINGS "${folder}/onnxruntime_c_api.h" line REGEX "^#define ORT_API_VERSION [0-9]+")
    if(line MATCHES "([0-9]+)")
      set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
    endif()
  endif()
endfunction()

# `pip install .` on a clean checkout has no step before it that could fetch them.
if(SKBUILD AND NOT VETOR_ORT_HEADERS)
  find_program(VETOR_SYSTEM_PYTHON python3 REQUIRED)
  execute_process(COMMAND "${VETOR_SYSTEM_PYTHON}" "${CMAKE_CURRENT_SOURCE_DIR}/tools/fetch.py" headers
    COMMAND_ERROR_IS_FATAL ANY)
endif()

find_path(ONNXRUNTIME_INCLUDE_DIR onnxruntime_cxx_api.h
  HINTS "${VETOR_ORT_HEADERS}" "${CMAKE_CURRENT_SOURCE_DIR}/.deps/onnxruntime-headers"
  PATH_SUFFIXES onnxruntime onnxruntime/core/session)
vetor_ort_api_version("${ONNXRUNTIME_INCLUDE_DIR}" ort_api)
if(ort_api LESS VETOR_ORT_MIN_API)
  set(found "${ONNXRUNTIME_INCLUDE_DIR} (API ${ort_api})")
  unset(ONNXRUNTIME_INCLUDE_DIR CACHE)
  message(FATAL_ERROR "onnxruntime_cxx_api.h, API ${VETOR_ORT_MIN_API} or newer, not found; found: "
    "${found}. Run `tools/fetch.py headers`, which puts the pinned headers into "
    ".deps/onnxruntime-headers, or pass -DVETOR_ORT_HEADERS=FOLDER.")
endif()
