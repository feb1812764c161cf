#include "cli/link/record_set.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "base/status_macros.h"
#include "base/utf8.h"

namespace vetor::cli {
namespace {

// The first `characters` code points; all of them if it is 0.
std::string_view FirstCharacters(std::string_view text, size_t characters) {
  if (characters == 0) return text;
  size_t begun = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool continues = IsContinuationByte(text[i]);
    if (!continues && begun++ == characters) return text.substr(0, i);
  }
  return text;
}

Result<std::string> BlockKey(const RowReader& reader, const Row& row,
                             const std::vector<SameField>& same) {
  std::string key;
  for (const SameField& part : same) {
    VETOR_ASSIGN_OR_RETURN(const std::string value, reader.KeyOf(row, part.field));
    const std::string_view first = FirstCharacters(value, part.characters);
    // The length in front keeps ("ab", "c") and ("a", "bc") apart.
    key += fmt::format("{}:{}", first.size(), first);
  }
  return key;
}

Status AddTexts(const RowReader& reader, Row* row, const RecordSelection& selection,
                RecordSet* records) {
  for (size_t i = 0; i < selection.fields.size(); ++i) {
    if (selection.fields[i].empty()) {
      records->texts[i].push_back(std::move(row->text));
      continue;
    }
    VETOR_ASSIGN_OR_RETURN(std::string text, reader.TextOf(*row, selection.fields[i]));
    records->texts[i].push_back(std::move(text));
  }
  return Status();
}

}  // namespace

Result<SameField> SameField::Parse(const std::string& text) {
  SameField same{text, 0};
  const size_t colon = text.rfind(':');
  if (colon != std::string::npos && colon + 1 < text.size()) {
    size_t characters = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, characters);
    if (error == std::errc() && stop == end) {
      same = {text.substr(0, colon), characters};
      if (characters == 0) same.field.clear();
    }
  }
  if (same.field.empty()) {
    return InvalidArgumentError(
        fmt::format("--same {}: expected FIELD or FIELD:N with N at least 1, as date:10", text));
  }
  return same;
}

std::string SameField::ToString() const {
  return characters == 0 ? field : fmt::format("{}:{}", field, characters);
}

Result<RecordSet> ReadRecords(RowReader* reader, const RecordSelection& selection,
                              TextNumbers* blocks, TextNumbers* truths) {
  RecordSet records;
  records.name = reader->name();
  records.texts.resize(selection.fields.size());
  Row row;
  while (true) {
    VETOR_ASSIGN_OR_RETURN(const bool found, reader->Next(&row));
    if (!found) return records;
    if (!selection.filter.empty() && !selection.filter.Accepts(row)) continue;
    if (records.rows() == std::numeric_limits<uint32_t>::max()) {
      return ResourceExhaustedError(
          reader->name() +
          " has more than 4,294,967,295 rows to compare; take fewer rows with --where");
    }
    if (!selection.same.empty()) {
      VETOR_ASSIGN_OR_RETURN(const std::string key, BlockKey(*reader, row, selection.same));
      records.block.push_back(blocks->Of(key));
    }
    if (!selection.truth_field.empty()) {
      VETOR_ASSIGN_OR_RETURN(const std::string truth, reader->KeyOf(row, selection.truth_field));
      records.truth.push_back(truths->Of(truth));
    }
    if (!selection.id_field.empty()) {
      VETOR_ASSIGN_OR_RETURN(std::string id, reader->JsonOf(row, selection.id_field));
      records.ids.push_back(std::move(id));
    }
    VETOR_RETURN_IF_ERROR(AddTexts(*reader, &row, selection, &records));
    records.index.push_back(row.index);
    records.line.push_back(row.line);
  }
}

JsonObjectText DescribeRecord(const RecordSet& records, size_t row, bool with_text) {
  JsonObjectText described;
  described.Add("row", records.index[row]);
  if (!records.ids.empty()) described.AddJson("id", records.ids[row]);
  if (with_text) described.AddText("text", records.texts[0][row]);
  return described;
}

double RoundedScore(float score) { return std::round(double{score} * 1e6) / 1e6; }

}  // namespace vetor::cli
