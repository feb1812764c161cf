// A file that is written piece by piece over several processes, such as a download that continues
// at the end of the previous one.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>
#include <utility>

#include "vetor/status.h"

namespace vetor {

/// Open for writing at its end. Move-only; not thread-safe. Bytes for which Write has returned OK
/// are there for the next process, but a power cut may lose them.
class AppendedFile {
 public:
  /// Makes the file if there is none, and gives its content to `existing`, in order, in pieces.
  /// Errors: those of ErrnoError, with the path.
  static Result<AppendedFile> Open(const std::filesystem::path& path,
                                   const std::function<void(std::string_view bytes)>& existing);
  AppendedFile(AppendedFile&& other) noexcept;
  AppendedFile& operator=(AppendedFile&&) = delete;
  AppendedFile(const AppendedFile&) = delete;
  AppendedFile& operator=(const AppendedFile&) = delete;
  ~AppendedFile();

  /// All of `bytes`, or an error after which the file may end with a part of them.
  Status Write(std::string_view bytes);
  /// The file is empty from then on.
  Status Clear();

  const std::filesystem::path& path() const { return path_; }

 private:
  AppendedFile(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}

  int fd_;
  std::filesystem::path path_;
};

}  // namespace vetor
