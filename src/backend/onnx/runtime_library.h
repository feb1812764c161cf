// Finding and loading ONNX Runtime.
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
  std::string version;                 ///< "1.28.0"
  std::filesystem::path path;          ///< The file that was loaded.
  std::vector<std::string> providers;  ///< Compiled into it, in the runtime's spelling.
  Ort::Env* env = nullptr;             ///< One a process, never destroyed.
};

/// The candidates in order: `library_path` alone when it is given; else VETOR_ONNXRUNTIME, beside
/// our own code (also ../lib and the ../.deps of a source tree), the `onnxruntime` Python package
/// of the active environment and of the user, the system's loader.
std::vector<std::string> RuntimeCandidates(const std::string& library_path);

/// Loads the first candidate that works, once a process; later calls answer the same library.
/// UNAVAILABLE: none found (lists where it looked), one older than the headers (both versions), or
/// another path asked for when one is loaded already. Thread-safe.
Result<RuntimeLibrary> LoadRuntime(const std::string& library_path);

}  // namespace vetor
