# Everything here installs by package name. tools/setup.sh has all the names and installs them; a
# build that was started without it (`cmake`, `pip install .`) is told what is missing, all at once.
set(vetor_missing "")

# vetor_require(Boost "libboost1.83-dev or libboost1.81-dev" 1.81): find_package(Boost 1.81), and a
# line for the list of what is missing, with Debian's and Ubuntu's package names.
macro(vetor_require name packages)
  find_package(${name} ${ARGN} QUIET)
  if(NOT ${name}_FOUND)
    list(JOIN ARGN " " vetor_wanted)
    list(APPEND vetor_missing "${name} ${vetor_wanted}|${packages}")
  endif()
endmacro()

find_package(Threads REQUIRED)
vetor_require(Boost "libboost1.83-dev (Debian 12: libboost1.81-dev)" 1.81)
vetor_require(fmt libfmt-dev)
vetor_require(spdlog libspdlog-dev)
vetor_require(OpenSSL libssl-dev)
vetor_require(CURL libcurl4-openssl-dev)
vetor_require(SQLite3 libsqlite3-dev)
vetor_require(xxHash libxxhash-dev)
find_path(PROTOZERO_INCLUDE_DIR protozero/pbf_reader.hpp)
if(NOT PROTOZERO_INCLUDE_DIR)
  list(APPEND vetor_missing "protozero|libprotozero-dev")
endif()
if(VETOR_BUILD_CLI)
  vetor_require(CLI11 libcli11-dev)
endif()
if(VETOR_BUILD_PYTHON)
  vetor_require(Python python3-dev 3.10 COMPONENTS Interpreter Development.Module)
endif()
if(VETOR_BUILD_TESTS)
  vetor_require(GTest "libgtest-dev and libgmock-dev")
  vetor_require(ZLIB zlib1g-dev)
endif()
if(VETOR_BUILD_BENCHMARKS)
  vetor_require(benchmark libbenchmark-dev)
endif()

if(vetor_missing)
  set(lines "")
  foreach(entry IN LISTS vetor_missing)
    string(REPLACE "|" ";" entry "${entry}")
    list(GET entry 0 wanted)
    list(GET entry 1 packages)
    string(STRIP "${wanted}" wanted)
    string(APPEND lines "\n  ${wanted}: the package ${packages}")
  endforeach()
  message(FATAL_ERROR "vetor cannot be built here yet. These libraries were not found:${lines}\n"
    "Debian and Ubuntu: `tools/setup.sh build` installs all that a build needs, or install the "
    "packages above with apt-get. Then run the same command again.")
endif()

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
