// Which rows of a file take part: --where FIELD=VALUE and FIELD!=VALUE.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor::cli {

/// Immutable after Parse. Conditions `=` on one field are alternatives (session=race session=gp);
/// conditions on different fields, and every `!=`, must all hold. A row without the field, or with
/// something that is no string, number or truth value there, equals nothing.
class RowFilter {
 public:
  /// INVALID_ARGUMENT for a condition without '=' or without a field.
  static Result<RowFilter> Parse(const std::vector<std::string>& conditions);

  bool Accepts(const boost::json::object& row) const;
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
