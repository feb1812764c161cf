// Rows of text, one at a time, from plain lines or from JSON Lines (jsonlines.org).
//
// Memory holds one row, whatever the size of the input. Errors name `file:line`, what was expected
// and what was found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text_row.h"
#include "cli/streams/byte_stream.h"
#include "vetor/status.h"

namespace vetor::cli {

struct RowReaderOptions {
  std::string path = "-";  ///< "-" is standard input.
  RowFormat format = RowFormat::kLines;
  /// Invalid UTF-8, and escapes of lone surrogates, become U+FFFD instead of an error.
  bool replace_invalid = false;
  int wake_fd = -1;                ///< Interrupt::wake_fd
  size_t piece_bytes = 256 << 10;  ///< Bytes that are read at once.
};

struct Row : TextRow {
  uint64_t index = 0;  ///< 0-based among the rows of the file.
  uint64_t line = 0;   ///< 1-based among the lines of the file.

  /// The string, number or truth value at `field` as text, for comparing rows. A number is written
  /// as JSON writes its value (1.50 is 1.5), but with the file's own digits if a double cannot hold
  /// it: integers beyond 64 bits are equal only if all their digits are. Unset for any other value.
  std::optional<std::string> KeyOf(std::string_view field) const;
};

/// Move-only, for one thread.
class RowReader {
 public:
  static Result<RowReader> Open(const RowReaderOptions& options);

  /// Fills `row` with the next row; false at the end. Skips a UTF-8 byte order mark at the start of
  /// the input. Errors: INVALID_ARGUMENT (UTF-8, JSON, not an object), RESOURCE_EXHAUSTED (a line
  /// above 256 MiB), CANCELLED, and those of reading.
  Result<bool> Next(Row* row);

  /// "titles.jsonl:12"
  std::string Place(const Row& row) const { return Place(row.line); }
  std::string Place(uint64_t line) const;

  /// The string at `field`, or an error that names the place and what is there instead.
  Result<std::string> TextOf(const Row& row, std::string_view field) const;
  /// The string, number or truth value at `field` as text, for comparing rows.
  Result<std::string> KeyOf(const Row& row, std::string_view field) const;
  /// Any value at `field` as JSON, as JsonOfField gives it, to be copied to the results.
  Result<std::string> JsonOf(const Row& row, std::string_view field) const;

  const std::string& name() const { return stream_.name(); }
  /// Bytes of the rows so far, and of the whole input if that is known.
  uint64_t bytes_read() const { return bytes_read_; }
  std::optional<uint64_t> size() const { return stream_.size(); }

 private:
  RowReader(InputStream stream, const RowReaderOptions& options)
      : stream_(std::move(stream)), options_(options) {}
  Result<bool> NextLine(std::string_view* line);

  InputStream stream_;
  RowReaderOptions options_;
  std::string buffer_;
  size_t begin_ = 0;  ///< Start of the part of `buffer_` that Next has not given out yet.
  bool ended_ = false;
  uint64_t bytes_read_ = 0;
  uint64_t next_line_ = 1;
  uint64_t next_index_ = 0;
};

}  // namespace vetor::cli
