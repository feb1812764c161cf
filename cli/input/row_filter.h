// Which rows of a file take part: --where FIELD=VALUE and FIELD!=VALUE.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/input/row_reader.h"
#include "vetor/status.h"

namespace vetor::cli {

/// Immutable after Parse. Conditions `=` on one field are alternatives (session=race session=gp);
/// conditions on different fields, and every `!=`, must all hold. Values are those of Row::KeyOf; a
/// row without a value at the field is equal to none.
class RowFilter {
 public:
  /// INVALID_ARGUMENT for a condition without '=' or without a field.
  static Result<RowFilter> Parse(const std::vector<std::string>& conditions);

  bool Accepts(const Row& row) const;
  bool empty() const { return tests_.empty(); }

 private:
  struct Test {
    std::string field;
    bool equal = true;
    std::vector<std::string> values;  ///< One for !=, alternatives for =.
  };
  std::vector<Test> tests_;
};

}  // namespace vetor::cli
