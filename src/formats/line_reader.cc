#include "formats/line_reader.h"

#include "base/status_macros.h"

namespace vetor {
namespace {

constexpr size_t kLongestLineBytes = 256 << 20;

}  // namespace

Result<LineReader> LineReader::Open(const std::filesystem::path& path) {
  VETOR_ASSIGN_OR_RETURN(UnpackedFile file, UnpackedFile::Open(path));
  return LineReader(std::move(file), path);
}

Result<bool> LineReader::Next(std::string_view* line) {
  size_t searched = begin_;
  while (true) {
    const size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos || (ended_ && begin_ < buffer_.size())) {
      const size_t stop = end != std::string::npos ? end + 1 : buffer_.size();
      *line = std::string_view(buffer_).substr(begin_, stop - begin_);
      begin_ = stop;
      ++line_;
      return true;
    }
    if (ended_) return false;
    buffer_.erase(0, std::exchange(begin_, 0));
    searched = buffer_.size();
    if (searched > kLongestLineBytes) {
      return ResourceExhaustedError(
          path_.string() + ":" + std::to_string(line_ + 1) + ": the line is longer than " +
          std::to_string(kLongestLineBytes >> 20) + " MiB; expected text with one row per line");
    }
    VETOR_ASSIGN_OR_RETURN(const bool found, file_.Read(&buffer_));
    ended_ = !found;
  }
}

}  // namespace vetor
