#include "cli/row_reader.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "base/json.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "cli/json_text.h"

namespace vetor::cli {
namespace {

constexpr size_t kMaxLineBytes = 256 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

RowFormat ChooseRowFormat(std::string_view name, std::string_view path, bool fields_named) {
  if (name == "lines") return RowFormat::kLines;
  if (name == "jsonl" || fields_named) return RowFormat::kJsonl;
  return path.ends_with(".jsonl") || path.ends_with(".ndjson") ? RowFormat::kJsonl
                                                               : RowFormat::kLines;
}

std::optional<std::string> ScalarText(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return std::string(text->data(), text->size());
  if (value.is_number() || value.is_bool()) return JsonLine(value);
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
          fmt::format("{}:{}: the line is longer than {} MiB; expected text with a row a line",
                      name(), next_line_, kMaxLineBytes >> 20));
    }
    VETOR_ASSIGN_OR_RETURN(const size_t count, stream_.Read(options_.piece_bytes, &buffer_));
    ended_ = count == 0;
  }
}

Status RowReader::CheckUtf8(const std::string& place, std::string* text) const {
  const size_t bad = FindInvalidUtf8(*text);
  if (bad == kValidUtf8) return Status();
  if (options_.replace_invalid) {
    *text = ReplaceInvalidUtf8(*text);
    return Status();
  }
  return InvalidArgumentError(fmt::format(
      "{}: byte {} of the line is 0x{:02X}, which is not valid UTF-8 there; convert the file to "
      "UTF-8, or pass --replace-invalid to read U+FFFD instead",
      place, bad + 1, static_cast<unsigned char>((*text)[bad])));
}

Result<bool> RowReader::Next(Row* row) {
  while (true) {
    std::string_view line;
    VETOR_ASSIGN_OR_RETURN(const bool found, NextLine(&line));
    if (!found) return false;
    row->line = next_line_++;
    if (row->line == 1 && line.starts_with(kByteOrderMark)) {
      line.remove_prefix(kByteOrderMark.size());
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (options_.format == RowFormat::kJsonl && IsBlank(line)) continue;
    row->index = next_index_++;
    row->text.assign(line);
    break;
  }
  const std::string place = Place(*row);
  VETOR_RETURN_IF_ERROR(CheckUtf8(place, &row->text));
  if (options_.format == RowFormat::kLines) return true;
  VETOR_ASSIGN_OR_RETURN(boost::json::value value, ParseJson(row->text, place));
  if (!value.is_object()) {
    return InvalidArgumentError(fmt::format(
        "{}: expected a JSON object, found {}; for plain texts use --input-format lines", place,
        JsonTypeName(value)));
  }
  row->fields = std::move(value.get_object());
  row->text.clear();
  return true;
}

std::string RowReader::Place(uint64_t line) const { return fmt::format("{}:{}", name(), line); }

Result<const boost::json::value*> RowReader::Find(const Row& row, std::string_view field) const {
  const auto* value = row.fields.if_contains(field);
  if (value != nullptr) return value;
  std::string names;
  for (const auto& member : row.fields) {
    // Enough to see a misspelling; a wide row would hide it.
    if (names.size() > 200) {
      names += ", ...";
      break;
    }
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", std::string_view(member.key()));
  }
  return InvalidArgumentError(fmt::format("{}: expected a field \"{}\", found {}", Place(row),
                                          field, names.empty() ? "an empty object" : names));
}

Result<std::string> RowReader::TextOf(const Row& row, std::string_view field) const {
  VETOR_ASSIGN_OR_RETURN(const auto* value, Find(row, field));
  if (const auto* text = value->if_string()) return std::string(text->data(), text->size());
  return InvalidArgumentError(fmt::format("{}: field \"{}\": expected a string, found {}",
                                          Place(row), field, JsonTypeName(*value)));
}

Result<std::string> RowReader::KeyOf(const Row& row, std::string_view field) const {
  VETOR_ASSIGN_OR_RETURN(const auto* value, Find(row, field));
  if (auto text = ScalarText(*value)) return *std::move(text);
  return InvalidArgumentError(
      fmt::format("{}: field \"{}\": expected a string, number or truth value, found {}",
                  Place(row), field, JsonTypeName(*value)));
}

Result<boost::json::value> RowReader::ValueOf(const Row& row, std::string_view field) const {
  VETOR_ASSIGN_OR_RETURN(const auto* value, Find(row, field));
  return boost::json::value(*value);
}

}  // namespace vetor::cli
