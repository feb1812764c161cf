#include "base/text_row.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "base/utf8.h"

namespace vetor {
namespace {

// Walks over the members of a JSON object that ParseJson has accepted.
class MemberScan {
 public:
  explicit MemberScan(std::string_view json) : json_(json), at_(json.find('{') + 1) {}

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

Status CheckUtf8(const RowForm& form, const std::string& place, std::string* text) {
  const size_t bad = FindInvalidUtf8(*text);
  if (bad == kValidUtf8) return Status();
  if (form.replace_invalid) {
    *text = ReplaceInvalidUtf8(*text);
    return Status();
  }
  return InvalidArgumentError(fmt::format(
      "{}: byte {} of the line is 0x{:02X}, which is not valid UTF-8 there; convert the file to "
      "UTF-8, or {} to read U+FFFD instead",
      place, bad + 1, static_cast<unsigned char>((*text)[bad]), form.to_replace));
}

Status CheckEscapes(const RowForm& form, const std::string& place, std::string* text) {
  const size_t lone = FindLoneSurrogate(*text);
  if (lone == std::string::npos) return Status();
  if (form.replace_invalid) {
    *text = ReplaceLoneSurrogates(*text);
    return Status();
  }
  return InvalidArgumentError(fmt::format(
      "{}: byte {} of the line begins {}, a lone surrogate, which is half of a character; write "
      "the pair of escapes or the character itself, or {} to read U+FFFD instead",
      place, lone + 1, std::string_view(*text).substr(lone, 6), form.to_replace));
}

Status ParseFields(const RowForm& form, const std::string& place, TextRow* row) {
  VETOR_ASSIGN_OR_RETURN(boost::json::value value, ParseJson(row->json, place));
  if (!value.is_object()) {
    return InvalidArgumentError(
        fmt::format("{}: expected a JSON object, found {}; for plain texts {}", place,
                    JsonTypeName(value), form.to_read_lines));
  }
  row->fields = std::move(value.get_object());
  return Status();
}

}  // namespace

RowFormat ChooseRowFormat(std::string_view name, std::string_view path, bool fields_named) {
  if (name == "lines") return RowFormat::kLines;
  if (name == "jsonl" || fields_named) return RowFormat::kJsonl;
  return path.ends_with(".jsonl") || path.ends_with(".ndjson") ? RowFormat::kJsonl
                                                               : RowFormat::kLines;
}

bool IsBlankLine(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

Status ParseRow(std::string_view line, const RowForm& form, const std::string& place,
                TextRow* row) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (form.format == RowFormat::kLines) {
    row->text.assign(line);
    return CheckUtf8(form, place, &row->text);
  }
  row->text.clear();
  row->json.assign(line);
  VETOR_RETURN_IF_ERROR(CheckUtf8(form, place, &row->json));
  VETOR_RETURN_IF_ERROR(CheckEscapes(form, place, &row->json));
  return ParseFields(form, place, row);
}

Result<const boost::json::value*> FindField(const TextRow& row, std::string_view field,
                                            const std::string& place) {
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
  return InvalidArgumentError(fmt::format("{}: expected a field \"{}\", found {}", place, field,
                                          names.empty() ? "an empty object" : names));
}

Result<std::string> TextOfField(const TextRow& row, std::string_view field,
                                const std::string& place) {
  VETOR_ASSIGN_OR_RETURN(const auto* value, FindField(row, field, place));
  if (const auto* text = value->if_string()) return std::string(text->data(), text->size());
  return InvalidArgumentError(fmt::format("{}: field \"{}\": expected a string, found {}", place,
                                          field, JsonTypeName(*value)));
}

Result<std::string> JsonOfField(const TextRow& row, std::string_view field,
                                const std::string& place) {
  VETOR_RETURN_IF_ERROR(FindField(row, field, place).status());
  return EscapeControlsInJson(std::string(FindMemberText(row.json, field)));
}

std::string_view FindMemberText(std::string_view json, std::string_view name) {
  return MemberScan(json).Find(name);
}

}  // namespace vetor
