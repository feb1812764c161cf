#include "cli/input/row_reader.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/json.h"
#include "base/status_macros.h"
#include "cli/output/json_text.h"

namespace vetor::cli {
namespace {

constexpr size_t kMaxLineBytes = 256 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

std::optional<std::string> Row::KeyOf(std::string_view field) const {
  const auto* value = fields.if_contains(field);
  if (value == nullptr) return std::nullopt;
  if (const auto* string = value->if_string()) return std::string(string->data(), string->size());
  if (const auto* number = value->if_double()) {
    const std::string_view written = FindMemberText(json, field);
    const bool integer = written.find_first_of(".eE") == std::string_view::npos;
    if (integer || !std::isfinite(*number)) return std::string(written);
  }
  if (value->is_number() || value->is_bool()) return JsonLine(*value);
  return std::nullopt;
}

Result<RowReader> RowReader::Open(const RowReaderOptions& options) {
  VETOR_ASSIGN_OR_RETURN(InputStream stream, InputStream::Open(options.path, options.wake_fd));
  return RowReader(std::move(stream), options);
}

Result<bool> RowReader::NextLine(std::string_view* line) {
  size_t searched = begin_;
  while (true) {
    const size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos || (ended_ && begin_ < buffer_.size())) {
      const size_t stop = end != std::string::npos ? end : buffer_.size();
      *line = std::string_view(buffer_).substr(begin_, stop - begin_);
      const size_t next = end != std::string::npos ? end + 1 : stop;
      bytes_read_ += next - begin_;
      begin_ = next;
      return true;
    }
    if (ended_) return false;
    buffer_.erase(0, std::exchange(begin_, 0));
    searched = buffer_.size();
    if (searched > kMaxLineBytes) {
      return ResourceExhaustedError(
          fmt::format("{}:{}: the line is longer than {} MiB; expected text with one row per line",
                      name(), next_line_, kMaxLineBytes >> 20));
    }
    VETOR_ASSIGN_OR_RETURN(const size_t count, stream_.Read(options_.piece_bytes, &buffer_));
    ended_ = count == 0;
  }
}

Result<bool> RowReader::Next(Row* row) {
  const RowForm form{.format = options_.format,
                     .replace_invalid = options_.replace_invalid,
                     .to_replace = "pass --replace-invalid",
                     .to_read_lines = "use --input-format lines"};
  while (true) {
    std::string_view line;
    VETOR_ASSIGN_OR_RETURN(const bool found, NextLine(&line));
    if (!found) return false;
    row->line = next_line_++;
    if (row->line == 1 && line.starts_with(kByteOrderMark)) {
      line.remove_prefix(kByteOrderMark.size());
    }
    if (form.format == RowFormat::kJsonl && IsBlankLine(line)) continue;
    row->index = next_index_++;
    VETOR_RETURN_IF_ERROR(ParseRow(line, form, Place(*row), row));
    return true;
  }
}

std::string RowReader::Place(uint64_t line) const { return fmt::format("{}:{}", name(), line); }

Result<std::string> RowReader::TextOf(const Row& row, std::string_view field) const {
  return TextOfField(row, field, Place(row));
}

Result<std::string> RowReader::KeyOf(const Row& row, std::string_view field) const {
  VETOR_ASSIGN_OR_RETURN(const auto* value, FindField(row, field, Place(row)));
  if (auto text = row.KeyOf(field)) return *std::move(text);
  return InvalidArgumentError(
      fmt::format("{}: field \"{}\": expected a string, number or truth value, found {}",
                  Place(row), field, JsonTypeName(*value)));
}

Result<std::string> RowReader::JsonOf(const Row& row, std::string_view field) const {
  return JsonOfField(row, field, Place(row));
}

}  // namespace vetor::cli
