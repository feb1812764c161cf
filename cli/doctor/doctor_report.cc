#include "cli/doctor/doctor_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "cli/output/json_text.h"

namespace vetor::cli {
namespace {

constexpr size_t kColumns = 100;
constexpr size_t kIndent = 26;

struct StateName {
  const char* mark;  ///< In the lines; loud only where something has to be done.
  const char* json;
};
constexpr StateName kStates[] = {
    {"ok", "ok"}, {"note", "note"}, {"skipped", "skipped"}, {"WRONG", "wrong"}};

const StateName& NameOf(CheckState state) { return kStates[static_cast<size_t>(state)]; }

// Where the remedy of a message begins, and the end of what comes before it.
struct Split {
  size_t end;
  size_t begin;
};

std::optional<Split> FindRemedy(std::string_view message) {
  // A list of causes is indented; what follows it is the remedy.
  const size_t line = message.rfind('\n');
  if (line != std::string_view::npos && line + 1 < message.size() && message[line + 1] != ' ') {
    return Split{line, line + 1};
  }
  // The runtime's own words have semicolons of their own.
  if (message.find("ONNX Runtime says") != std::string_view::npos) return std::nullopt;
  const size_t semicolon = message.rfind("; ");
  for (size_t stop = message.rfind(". "); stop != std::string_view::npos && stop > 0;
       stop = message.rfind(". ", stop - 1)) {
    if (semicolon != std::string_view::npos && stop < semicolon) break;
    const char next = message[stop + 2];
    if (next >= 'A' && next <= 'Z') return Split{stop, stop + 2};
  }
  if (semicolon == std::string_view::npos) return std::nullopt;
  return Split{semicolon, semicolon + 2};
}

// Code points: close enough to columns for what doctor prints.
size_t Width(std::string_view text) {
  size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return width;
}

// Appends `line` to `out`, which stands at column kIndent, breaking between words. What follows a
// break stands under the line's first word, or `hanging` columns in.
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

DoctorCheck WrongCheck(std::string name, const Status& status, std::string_view otherwise) {
  const std::string& message = status.message();
  DoctorCheck check{.name = std::move(name), .state = CheckState::kWrong};
  if (const auto split = FindRemedy(message)) {
    check.detail = message.substr(0, split->end);
    check.remedy = message.substr(split->begin);
  } else {
    check.detail = message;
    check.remedy = otherwise;
  }
  return check;
}

std::string FormatCheck(const DoctorCheck& check) {
  std::string out = fmt::format("{:<8} {:<16} ", NameOf(check.state).mark, check.name);
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

Result<DoctorReport> DoctorReport::Open(bool json) {
  VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open("-"));
  return DoctorReport(std::move(output), json);
}

void DoctorReport::Add(DoctorCheck check) {
  check.detail = ForTerminal(check.detail);
  check.remedy = ForTerminal(check.remedy);
  ++checks_;
  ++counts_[static_cast<size_t>(check.state)];
  if (json_) {
    array_.push_back({{"name", check.name},
                      {"state", NameOf(check.state).json},
                      {"detail", check.detail},
                      {"remedy", check.remedy}});
    return;
  }
  if (!written_.ok()) return;
  written_ = output_.Write(FormatCheck(check));
  if (written_.ok()) written_ = output_.Flush();
}

Status DoctorReport::Finish() {
  VETOR_RETURN_IF_ERROR(written_);
  if (json_) {
    const bool ok = Count(CheckState::kWrong) == 0;
    VETOR_RETURN_IF_ERROR(
        output_.Write(JsonLine(boost::json::object{{"checks", array_}, {"ok", ok}}) + "\n"));
  }
  return output_.Commit();
}

size_t DoctorReport::Count(CheckState state) const { return counts_[static_cast<size_t>(state)]; }

}  // namespace vetor::cli
