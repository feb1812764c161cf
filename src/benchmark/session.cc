#include "benchmark/session.h"

#include <chrono>
#include <system_error>
#include <utility>

namespace vetor {

Result<std::unique_ptr<ScratchFolder>> ScratchFolder::Make(const std::string& parent) {
  std::error_code error;
  const std::filesystem::path base =
      parent.empty() ? std::filesystem::temp_directory_path(error) : std::filesystem::path(parent);
  const auto stamp = std::chrono::system_clock::now().time_since_epoch().count();
  std::filesystem::path path = base / ("vetor-bench-" + std::to_string(stamp));
  std::filesystem::create_directories(path, error);
  if (error) {
    return PermissionDeniedError("cannot make " + path.string() + ": " + error.message() +
                                 "; name a folder for the benchmark's caches");
  }
  return std::unique_ptr<ScratchFolder>(new ScratchFolder(std::move(path)));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Status BenchmarkSession::Begin(const std::string& what) {
  if (options.stop.stop_requested()) return CancelledError("the benchmark was stopped");
  if (options.progress) options.progress({step, steps, what});
  ++step;
  return Status();
}

}  // namespace vetor
