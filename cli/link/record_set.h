// The rows of `search` and `dedupe`: the texts to compare, and the other fields that matter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cli/input/row_filter.h"
#include "cli/input/row_reader.h"
#include "cli/output/json_text.h"
#include "vetor/status.h"

namespace vetor::cli {

/// --same FIELD[:N]: rows are compared only if the field, or its first N characters, agree.
struct SameField {
  std::string field;
  size_t characters = 0;  ///< Code points; 0: all.

  /// INVALID_ARGUMENT for an empty field or N of 0.
  static Result<SameField> Parse(const std::string& text);
  std::string ToString() const;
};

/// What to keep of each row. For plain lines only `fields` = {""} makes sense: the line itself.
struct RecordSelection {
  std::vector<std::string> fields;  ///< Texts to compare, in order.
  std::vector<SameField> same;
  RowFilter filter;
  std::string id_field;     ///< Empty: none.
  std::string truth_field;  ///< Empty: none.
};

/// Gives a number to each text, equal exactly if the texts are; shared by the sets that are
/// compared.
class TextNumbers {
 public:
  uint32_t Of(const std::string& text) {
    return numbers_.try_emplace(text, static_cast<uint32_t>(numbers_.size())).first->second;
  }

 private:
  std::unordered_map<std::string, uint32_t> numbers_;
};

/// Columns of equal length, with one element per row.
struct RecordSet {
  std::vector<std::vector<std::string>> texts;  ///< [field][row]
  std::vector<uint64_t> index;   ///< Number of the row in its file, from 0, filtered rows counted.
  std::vector<uint64_t> line;    ///< Line of the row in its file, from 1.
  std::string name;              ///< Name of the file.
  std::vector<std::string> ids;  ///< JSON as in the file; empty without an id field.
  std::vector<uint32_t> block;   ///< Empty without `same`.
  std::vector<uint32_t> truth;   ///< Empty without a truth field.

  size_t rows() const { return index.size(); }
  /// "events.jsonl:12"
  std::string Place(size_t row) const { return name + ":" + std::to_string(line[row]); }
};

/// Reads the rows that the filter accepts. Errors name `file:line`. RESOURCE_EXHAUSTED above 2^32 -
/// 1 rows.
Result<RecordSet> ReadRecords(RowReader* reader, const RecordSelection& selection,
                              TextNumbers* blocks, TextNumbers* truths);

/// How a row appears in results: {"row":7,"id":...,"text":...}, the text only if `with_text`.
JsonObjectText DescribeRecord(const RecordSet& records, size_t row, bool with_text);

/// Six decimals, all that float32 sums have: 0.85, not 0.8500000238418579.
double RoundedScore(float score);

}  // namespace vetor::cli
