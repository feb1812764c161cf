// Finds and loads ONNX Runtime.
//
// Telemetry: official builds from 1.29 on report usage by default, from the creation of the first
// Env. ORT_DISABLE_TELEMETRY=1 is set before it, unless the user has set a value of their own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "vetor/status.h"

namespace Ort {  // NOLINT(readability-identifier-naming): the runtime's own name.
struct Env;
}

namespace vetor {

struct RuntimeLibrary {
  std::string version;         ///< "1.28.0"
  std::filesystem::path path;  ///< The file that was loaded.
  std::vector<std::string>
      providers;            ///< The providers that are compiled into it, in the runtime's spelling.
  Ort::Env* env = nullptr;  ///< One per process, never destroyed.
};

/// The candidates in order: only `library_path` if it is given; only VETOR_ONNXRUNTIME if it is
/// set; else the folder of our own code (also ../lib and the ../.deps of a source tree), the
/// `onnxruntime` Python package of the active environment and of the user, the system's loader.
std::vector<std::string> RuntimeCandidates(const std::string& library_path);

/// Loads the first candidate that works, once per process; later calls return the same library.
/// UNAVAILABLE: no library was found (the message lists where it looked), it is older than the
/// headers (the message has both versions), or another path is asked for after one was loaded.
/// Thread-safe.
Result<RuntimeLibrary> LoadRuntime(const std::string& library_path);

}  // namespace vetor
