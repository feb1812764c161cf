#include "doctor/check_list.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace vetor {
namespace {

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

void CheckList::Add(DoctorCheck check) {
  if (on_check_) on_check_(check);
  report_.checks.push_back(std::move(check));
}

bool CheckList::Has(std::string_view name) const {
  return std::any_of(report_.checks.begin(), report_.checks.end(),
                     [name](const DoctorCheck& check) { return check.name == name; });
}

void CheckList::AddSkipped(std::initializer_list<const char*> names, const std::string& why) {
  for (const char* name : names) Add({name, CheckState::kSkipped, why, ""});
}

}  // namespace vetor
