#include "base/result_line.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>
#include <iterator>

#include "base/terminal_text.h"

namespace vetor {
namespace {

void AppendJsonText(std::string_view text, std::string* out) {
  if (text == "embedding") {  // Of nearly all lines.
    *out += "\"embedding\"";
    return;
  }
  *out += EscapeControlsInJson(boost::json::serialize(boost::json::string_view(text)));
}

}  // namespace

void AppendResultLine(const ResultLine& line, std::string* out) {
  *out += '{';
  if (!line.id.empty()) out->append("\"id\":").append(line.id) += ',';
  AppendJsonText(line.into, out);
  if (line.error.empty()) {
    *out += ":[";
    auto digits = std::back_inserter(*out);
    for (const float value : line.embedding) fmt::format_to(digits, "{},", value);
    if (out->back() == ',') out->pop_back();
    *out += ']';
  } else {
    *out += ":null,\"error\":";
    AppendJsonText(line.error, out);
  }
  fmt::format_to(std::back_inserter(*out), ",\"tokens\":{},\"truncated\":{}}}\n", line.tokens,
                 line.truncated);
}

}  // namespace vetor
