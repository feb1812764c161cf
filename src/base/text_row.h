// A row of text as one line of a file says it: the line itself, or an object of JSON Lines
// (jsonlines.org). The commands that read rows and the bulk jobs read them with this.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

enum class RowFormat {
  kLines,  ///< A row is a line without its LF or CRLF; an empty line is an empty text.
  kJsonl,  ///< A row is a JSON object on one line; blank lines are skipped.
};

/// "lines" or "jsonl"; for an empty `name` jsonl if `path` ends in .jsonl or .ndjson or if
/// `fields_named` (the caller names a field, which lines do not have), else lines.
RowFormat ChooseRowFormat(std::string_view name, std::string_view path, bool fields_named);

/// How lines become rows, and what errors advise. Views of texts that live as long as the program.
struct RowForm {
  RowFormat format = RowFormat::kLines;
  /// Invalid UTF-8, and escapes of lone surrogates, become U+FFFD instead of an error.
  bool replace_invalid = false;
  /// What a user does to have `replace_invalid`, and to read plain lines.
  std::string_view to_replace = "set option replace_invalid";
  std::string_view to_read_lines = "set option input_format to \"lines\"";
};

struct TextRow {
  std::string text;            ///< The line, for kLines; valid UTF-8.
  std::string json;            ///< The line, for kJsonl, after any replacement of invalid text.
  boost::json::object fields;  ///< For kJsonl.
};

/// Whether the line, without its line break, is one that kJsonl skips.
bool IsBlankLine(std::string_view line);

/// Fills `row` from `line`, which has no line break (LF; a CR before it is taken off). `place`
/// ("titles.jsonl:12") begins errors: INVALID_ARGUMENT (UTF-8, JSON, not an object).
Status ParseRow(std::string_view line, const RowForm& form, const std::string& place, TextRow* row);

/// The value at `field`, or INVALID_ARGUMENT with the fields that are there.
Result<const boost::json::value*> FindField(const TextRow& row, std::string_view field,
                                            const std::string& place);
/// The string at `field`, or an error that says what is there instead.
Result<std::string> TextOfField(const TextRow& row, std::string_view field,
                                const std::string& place);
/// Any value at `field` as JSON, byte by byte as in the file: 1e400, -0 and integers of any size
/// would change if they were parsed.
Result<std::string> JsonOfField(const TextRow& row, std::string_view field,
                                const std::string& place);

/// The value of the member `name` of `json`, an object that ParseJson has accepted, as it is
/// written; empty if there is none.
std::string_view FindMemberText(std::string_view json, std::string_view name);

}  // namespace vetor
