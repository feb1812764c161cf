// Lines of a text file that may be compressed, one at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "formats/unpacked_file.h"
#include "vetor/status.h"

namespace vetor {

/// Memory holds one line and a piece of the file. Move-only; for one thread.
class LineReader {
 public:
  /// Errors: those of UnpackedFile::Open.
  static Result<LineReader> Open(const std::filesystem::path& path);

  /// The next line with its LF, if it has one: the lines put together are the unpacked bytes of the
  /// file. The view is good until the next call; false at the end. Errors: RESOURCE_EXHAUSTED
  /// (a line above 256 MiB), and those of UnpackedFile::Read.
  Result<bool> Next(std::string_view* line);

  /// The number of the line that Next gave last, from 1 on.
  uint64_t line() const { return line_; }
  /// Bytes of the file, compressed as they are, that were read so far.
  uint64_t file_bytes_read() const { return file_.file_bytes_read(); }

 private:
  LineReader(UnpackedFile file, std::filesystem::path path)
      : file_(std::move(file)), path_(std::move(path)) {}

  UnpackedFile file_;
  std::filesystem::path path_;
  std::string buffer_;
  size_t begin_ = 0;  ///< Start of the part of `buffer_` that Next has not given out yet.
  bool ended_ = false;
  uint64_t line_ = 0;
};

}  // namespace vetor
