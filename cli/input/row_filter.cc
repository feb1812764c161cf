#include "cli/input/row_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace vetor::cli {

Result<RowFilter> RowFilter::Parse(const std::vector<std::string>& conditions) {
  RowFilter filter;
  for (const std::string& condition : conditions) {
    const size_t sign = condition.find('=');
    const bool equal = sign == 0 || sign == std::string::npos || condition[sign - 1] != '!';
    const size_t field_end = equal ? sign : sign - 1;
    if (sign == std::string::npos || field_end == 0) {
      return InvalidArgumentError(fmt::format(
          "\"{}\" is not a condition; expected FIELD=VALUE or FIELD!=VALUE", condition));
    }
    std::string field = condition.substr(0, field_end);
    std::string value = condition.substr(sign + 1);
    const auto same = std::find_if(filter.tests_.begin(), filter.tests_.end(), [&](const Test& t) {
      return equal && t.equal && t.field == field;
    });
    if (same != filter.tests_.end()) {
      same->values.push_back(std::move(value));
    } else {
      filter.tests_.push_back({std::move(field), equal, {std::move(value)}});
    }
  }
  return filter;
}

bool RowFilter::Accepts(const Row& row) const {
  return std::all_of(tests_.begin(), tests_.end(), [&](const Test& test) {
    const std::optional<std::string> text = row.KeyOf(test.field);
    const bool found =
        text && std::find(test.values.begin(), test.values.end(), *text) != test.values.end();
    return found == test.equal;
  });
}

}  // namespace vetor::cli
