#include "cli/input/row_reader.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/json.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "base/utf8.h"
#include "cli/output/json_text.h"

namespace vetor::cli {
namespace {

constexpr size_t kMaxLineBytes = 256 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// Walks over the members of a JSON object that ParseJson has accepted.
class MemberScan {
 public:
  explicit MemberScan(std::string_view json) : json_(json), at_(json.find('{') + 1) {}

  // The value of the member `name`, as it is written; empty if there is none.
  std::string_view Find(std::string_view name) {
    while (true) {
      SkipBlanks(",");
      if (json_[at_] == '}') return {};
      const std::string_view key = TakeValue();
      SkipBlanks(":");
      const std::string_view value = TakeValue();
      if (IsName(key, name)) return value;
    }
  }

 private:
  static bool IsName(std::string_view key, std::string_view name) {
    if (key.find('\\') == std::string_view::npos) return key.substr(1, key.size() - 2) == name;
    const Result<boost::json::value> read = ParseJson(key, "a key");
    return read.ok() && read->is_string() && std::string_view(read->get_string()) == name;
  }

  void SkipBlanks(std::string_view sign) {
    while (IsOneOf(json_[at_], " \t\r\n") || IsOneOf(json_[at_], sign)) ++at_;
  }

  std::string_view TakeValue() {
    const size_t begin = at_;
    if (json_[at_] == '"') {
      SkipString();
    } else if (json_[at_] == '{' || json_[at_] == '[') {
      SkipNested();
    } else {
      while (!IsOneOf(json_[at_], ",} \t\r\n")) ++at_;
    }
    return json_.substr(begin, at_ - begin);
  }

  void SkipString() {
    for (++at_; json_[at_] != '"'; ++at_) {
      if (json_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  void SkipNested() {
    int depth = 0;
    do {
      const char c = json_[at_];
      if (c == '"') {
        SkipString();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
    } while (depth > 0);
  }

  static bool IsOneOf(char c, std::string_view signs) { return signs.find(c) != signs.npos; }

  std::string_view json_;
  size_t at_;
};

}  // namespace

RowFormat ChooseRowFormat(std::string_view name, std::string_view path, bool fields_named) {
  if (name == "lines") return RowFormat::kLines;
  if (name == "jsonl" || fields_named) return RowFormat::kJsonl;
  return path.ends_with(".jsonl") || path.ends_with(".ndjson") ? RowFormat::kJsonl
                                                               : RowFormat::kLines;
}

std::optional<std::string> Row::KeyOf(std::string_view field) const {
  const auto* value = fields.if_contains(field);
  if (value == nullptr) return std::nullopt;
  if (const auto* string = value->if_string()) return std::string(string->data(), string->size());
  if (const auto* number = value->if_double()) {
    const std::string_view written = MemberScan(json).Find(field);
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

Status RowReader::CheckEscapes(const std::string& place, std::string* text) const {
  const size_t lone = FindLoneSurrogate(*text);
  if (lone == std::string::npos) return Status();
  if (options_.replace_invalid) {
    *text = ReplaceLoneSurrogates(*text);
    return Status();
  }
  return InvalidArgumentError(fmt::format(
      "{}: byte {} of the line begins {}, a lone surrogate, which is half of a character; write "
      "the pair of escapes or the character itself, or pass --replace-invalid to read U+FFFD "
      "instead",
      place, lone + 1, std::string_view(*text).substr(lone, 6)));
}

Status RowReader::ParseFields(const std::string& place, Row* row) const {
  VETOR_ASSIGN_OR_RETURN(boost::json::value value, ParseJson(row->json, place));
  if (!value.is_object()) {
    return InvalidArgumentError(fmt::format(
        "{}: expected a JSON object, found {}; for plain texts use --input-format lines", place,
        JsonTypeName(value)));
  }
  row->fields = std::move(value.get_object());
  return Status();
}

Result<bool> RowReader::Next(Row* row) {
  const bool lines = options_.format == RowFormat::kLines;
  while (true) {
    std::string_view line;
    VETOR_ASSIGN_OR_RETURN(const bool found, NextLine(&line));
    if (!found) return false;
    row->line = next_line_++;
    if (row->line == 1 && line.starts_with(kByteOrderMark)) {
      line.remove_prefix(kByteOrderMark.size());
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!lines && IsBlank(line)) continue;
    row->index = next_index_++;
    (lines ? row->text : row->json).assign(line);
    break;
  }
  const std::string place = Place(*row);
  if (lines) {
    VETOR_RETURN_IF_ERROR(CheckUtf8(place, &row->text));
    return true;
  }
  row->text.clear();
  VETOR_RETURN_IF_ERROR(CheckUtf8(place, &row->json));
  VETOR_RETURN_IF_ERROR(CheckEscapes(place, &row->json));
  VETOR_RETURN_IF_ERROR(ParseFields(place, row));
  return true;
}

std::string RowReader::Place(uint64_t line) const { return fmt::format("{}:{}", name(), line); }

Result<const boost::json::value*> RowReader::Find(const Row& row, std::string_view field) const {
  const auto* value = row.fields.if_contains(field);
  if (value != nullptr) return value;
  std::string names;
  for (const auto& member : row.fields) {
    // These names are enough to see a misspelling; a long list would hide it.
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
  if (auto text = row.KeyOf(field)) return *std::move(text);
  return InvalidArgumentError(
      fmt::format("{}: field \"{}\": expected a string, number or truth value, found {}",
                  Place(row), field, JsonTypeName(*value)));
}

Result<std::string> RowReader::JsonOf(const Row& row, std::string_view field) const {
  VETOR_RETURN_IF_ERROR(Find(row, field).status());
  return EscapeControlsInJson(std::string(MemberScan(row.json).Find(field)));
}

}  // namespace vetor::cli
