// Finds what `make setup` fetched, and the test data of the repository.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace vetor::testing {

inline std::filesystem::path TestData(const std::string& name) {
  return std::filesystem::path(VETOR_TEST_DATA_DIR) / name;
}

/// A model of `make test` or `make check`. A test skips if the folder does not exist.
inline std::filesystem::path FetchedModel(const std::string& name) {
  return std::filesystem::path(VETOR_SOURCE_DIR) / "models" / name;
}

/// The ONNX Runtime to test with: VETOR_ONNXRUNTIME, or else the one that `make setup` fetched.
inline std::string TestRuntime() {
  const char* named = std::getenv("VETOR_ONNXRUNTIME");
  if (named != nullptr && *named != '\0') return named;
  return (std::filesystem::path(VETOR_SOURCE_DIR) / ".deps" / "onnxruntime" / "lib").string();
}

}  // namespace vetor::testing

/// Stands at the beginning of a test that needs a fetched file.
#define VETOR_SKIP_WITHOUT(path)                                                                \
  if (!std::filesystem::exists(path)) {                                                         \
    GTEST_SKIP() << (path) << " is not there; `make test` or `make check` fetches or makes it"; \
  }
