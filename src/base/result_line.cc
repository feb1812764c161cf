#include "base/result_line.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>
#include <iterator>

#include "base/terminal_text.h"

namespace vetor {

void AppendResultLine(const ResultLine& line, std::string* out) {
  *out += '{';
  if (!line.id.empty()) out->append("\"id\":").append(line.id) += ',';
  if (line.error.empty()) {
    *out += "\"embedding\":[";
    auto digits = std::back_inserter(*out);
    for (const float value : line.embedding) fmt::format_to(digits, "{},", value);
    if (out->back() == ',') out->pop_back();
    *out += ']';
  } else {
    *out += "\"embedding\":null,\"error\":";
    *out += EscapeControlsInJson(boost::json::serialize(boost::json::string_view(line.error)));
  }
  fmt::format_to(std::back_inserter(*out), ",\"tokens\":{},\"truncated\":{}}}\n", line.tokens,
                 line.truncated);
}

}  // namespace vetor
