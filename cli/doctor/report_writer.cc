#include "cli/doctor/report_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "base/utf8.h"
#include "cli/output/json_text.h"

namespace vetor::cli {
namespace {

constexpr size_t kColumns = 100;
constexpr size_t kIndent = 26;

// The first word of a check's line: in capitals only if something has to be done.
std::string MarkOf(CheckState state) {
  return state == CheckState::kWrong ? "WRONG" : CheckStateName(state);
}

// Code points: close enough to columns for what doctor prints.
size_t Width(std::string_view text) {
  size_t width = 0;
  for (const char c : text) width += IsContinuationByte(c) ? 0 : 1;
  return width;
}

// Appends `line` to `out`, which stands at column kIndent, breaking between words. A continuation
// begins under the line's first word, or `hanging` columns further in.
void AppendWrapped(std::string_view line, size_t hanging, std::string* out) {
  const size_t indent = std::min(line.find_first_not_of(' '), line.size());
  out->append(indent, ' ');
  line.remove_prefix(indent);
  hanging += indent;
  size_t column = kIndent + indent;
  bool first = true;
  while (!line.empty()) {
    const size_t space = line.find(' ');
    const std::string_view word = line.substr(0, space);
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
    if (!first && column + 1 + Width(word) > kColumns) {
      *out += '\n' + std::string(kIndent + hanging, ' ');
      column = kIndent + hanging;
    } else if (!first) {
      *out += ' ';
      ++column;
    }
    *out += word;
    column += Width(word);
    first = false;
  }
}

template <typename Visit>
void ForEachLine(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    visit(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

}  // namespace

std::string FormatCheck(const DoctorCheck& check) {
  std::string out = fmt::format("{:<8} {:<16} ", MarkOf(check.state), check.name);
  bool first = true;
  ForEachLine(check.detail, [&](std::string_view line) {
    if (!first) out += '\n' + std::string(kIndent, ' ');
    AppendWrapped(line, 0, &out);
    first = false;
  });
  ForEachLine(check.remedy, [&](std::string_view line) {
    out += '\n' + std::string(kIndent, ' ');
    AppendWrapped(fmt::format("-> {}", line), 3, &out);
  });
  return out + '\n';
}

Result<ReportWriter> ReportWriter::Open(bool json) {
  VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open("-"));
  return ReportWriter(std::move(output), json);
}

void ReportWriter::Add(DoctorCheck check) {
  check.detail = ForTerminal(check.detail);
  check.remedy = ForTerminal(check.remedy);
  if (json_) {
    array_.push_back({{"name", check.name},
                      {"state", CheckStateName(check.state)},
                      {"detail", check.detail},
                      {"remedy", check.remedy}});
    return;
  }
  if (!written_.ok()) return;
  written_ = output_.Write(FormatCheck(check));
  if (written_.ok()) written_ = output_.Flush();
}

Status ReportWriter::Finish(bool ok) {
  VETOR_RETURN_IF_ERROR(written_);
  if (json_) {
    VETOR_RETURN_IF_ERROR(
        output_.Write(JsonLine(boost::json::object{{"checks", array_}, {"ok", ok}}) + "\n"));
  }
  return output_.Commit();
}

}  // namespace vetor::cli
