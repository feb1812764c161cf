# Everything here installs by package name; tools/install_packages.sh has the names.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)

find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)

# ONNX Runtime: headers only, never linked (src/backend/onnx loads the library at run time).
find_path(ONNXRUNTIME_INCLUDE_DIR onnxruntime_cxx_api.h
  HINTS "${VETOR_ORT_HEADERS}" "${CMAKE_CURRENT_SOURCE_DIR}/.deps/onnxruntime-headers"
  PATH_SUFFIXES onnxruntime onnxruntime/core/session)
if(NOT ONNXRUNTIME_INCLUDE_DIR)
  message(FATAL_ERROR "onnxruntime_cxx_api.h not found. Run `make setup`, which fetches the pinned "
    "headers into .deps/onnxruntime-headers, or pass -DVETOR_ORT_HEADERS=FOLDER.")
endif()
