#include "tokenizer/regex/regex.h"

#include <fmt/format.h>

#include <utility>

#include "base/status_macros.h"
#include "tokenizer/regex/compiler.h"
#include "tokenizer/regex/machine.h"
#include "tokenizer/regex/syntax.h"

namespace vetor::regex {

Result<Regex> Regex::Compile(std::string_view pattern) {
  VETOR_ASSIGN_OR_RETURN(const Syntax syntax, ParsePattern(pattern));
  VETOR_ASSIGN_OR_RETURN(Program program, CompileSyntax(syntax));
  Regex regex;
  regex.pattern_ = std::make_shared<const std::string>(pattern);
  regex.program_ = std::make_shared<const Program>(std::move(program));
  return regex;
}

// The machine that this thread used for its last text serves the next one.
static thread_local std::unique_ptr<Scanner::Machine> spare_machine;

Scanner::Scanner(const Regex& regex, std::string_view text)
    : regex_(&regex), machine_(std::move(spare_machine)), text_(text) {
  if (machine_ == nullptr) machine_ = std::make_unique<Machine>();
  machine_->Reset(regex.program(), text);
}

Scanner::~Scanner() {
  constexpr size_t kKeptBytes = 1 << 20;
  if (machine_->kept_bytes() <= kKeptBytes) spare_machine = std::move(machine_);
}

std::optional<Match> Scanner::Next() {
  Match match{0, 0};
  while (next_ <= text_.size() && !text_.empty() && machine_->Search(next_, &match)) {
    if (match.begin < match.end || match.begin != last_end_) {
      next_ = match.end;
      last_end_ = match.end;
      return match;
    }
    // After an empty match at the end of the last one, the search goes on behind the next code
    // point.
    if (next_ < text_.size()) {
      DecodeUtf8(text_, &next_);
    } else {
      ++next_;
    }
  }
  if (machine_->has_given_up()) {
    status_ = ResourceExhaustedError(
        fmt::format("the regular expression \"{}\" takes more than {} steps or {} stack frames per "
                    "byte on a text of {} bytes; split the text, or write the expression so that "
                    "it looks at each character once",
                    regex_->pattern(), kMostStepsPerByte, kMostFramesPerByte, text_.size()));
  }
  next_ = text_.size() + 1;
  return std::nullopt;
}

}  // namespace vetor::regex
