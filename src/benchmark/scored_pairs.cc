// CSV as RFC 4180 has it: two sentences and a score per row.
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vetor/benchmark.h"

namespace vetor {
namespace {

class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) place_ = 3;
  }

  bool AtEnd() const { return place_ >= text_.size(); }
  size_t line() const { return line_; }

  /// The fields of one record; false if a quote is not closed.
  bool Next(std::vector<std::string>* fields) {
    fields->assign(1, {});
    while (!AtEnd()) {
      const char c = text_[place_++];
      if (c == '"' && fields->back().empty()) {
        if (!Quoted(&fields->back())) return false;
      } else if (c == ',') {
        fields->emplace_back();
      } else if (c == '\n') {
        ++line_;
        return true;
      } else if (c != '\r') {
        fields->back() += c;
      }
    }
    return true;
  }

 private:
  bool Quoted(std::string* field) {
    while (!AtEnd()) {
      const char c = text_[place_++];
      if (c == '\n') ++line_;
      if (c != '"') {
        *field += c;
      } else if (!AtEnd() && text_[place_] == '"') {
        *field += '"';
        ++place_;
      } else {
        return true;
      }
    }
    return false;
  }

  std::string_view text_;
  size_t place_ = 0;
  size_t line_ = 1;
};

bool ParseNumber(const std::string& text, double* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

Status LineError(size_t line, const std::string& fault) {
  return InvalidArgumentError("line " + std::to_string(line) + ": " + fault +
                              "; expected sentence, sentence, score");
}

}  // namespace

Result<std::vector<ScoredPair>> ParseScoredPairs(const std::string& csv) {
  std::vector<ScoredPair> pairs;
  CsvReader reader(csv);
  std::vector<std::string> fields;
  for (bool first = true; !reader.AtEnd(); first = false) {
    const size_t line = reader.line();
    if (!reader.Next(&fields)) return LineError(line, "a quote is not closed");
    if (fields.size() == 1 && fields[0].empty()) continue;
    if (fields.size() != 3) {
      return LineError(line, std::to_string(fields.size()) + " fields, expected 3");
    }
    ScoredPair pair{std::move(fields[0]), std::move(fields[1])};
    if (!ParseNumber(fields[2], &pair.score)) {
      if (first) continue;  // The header.
      return LineError(line, "the score is \"" + fields[2] + "\", not a number");
    }
    pairs.push_back(std::move(pair));
  }
  if (pairs.size() < 2) {
    return InvalidArgumentError("it has fewer than two pairs of sentences; expected at least two");
  }
  return pairs;
}

}  // namespace vetor
