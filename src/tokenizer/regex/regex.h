// Regular expressions as the reference (Oniguruma with Ruby's syntax, Unicode 16.0) matches them,
// as far as tokenizer files use them:
//
//   literals; \r \n \t \f \v \x41 \x{1F600} \u0041; a backslash before a character that is not a
//   letter or digit . and classes: [a-z], [^..], [..[..]..], [..&&..]; \s \d \w \h \p{Lu} \p{Han}
//   and \S \D \W \H \P{..} \p{^..}, with general categories and scripts
//   * + ? {n} {n,} {n,m} {,m}, greedy, lazy (*?) and possessive (*+; as in Ruby, {n}? is optional
//   and {n,m}+ repeats the repeat)
//   a|b, (..), (?:..), (?>..), (?i:..) and (?i) at the very begin over ASCII letters
//   (?=..) (?!..), and (?<=..) (?<!..) over alternatives of fixed length
//   ^ $ \A \z \Z \b \B
//
// Anything else is refused when the pattern is compiled: references to groups, \G, \X, \R, \K,
// [:alpha:], other options, a repeat of an expression that may be empty, (?i:) over "ss" or
// other letters that together are one character elsewhere.
//
// Matching is backtracking, so that the first alternative that fits wins, but without recursion. A
// run of one class is looked at once however often it is tried (SpanMemo), so that the patterns of
// tokenizers take time in proportion to the text; what does not is stopped by a bound.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor::regex {

struct Program;

/// Bytes [begin, end) of the text.
struct Match {
  size_t begin;
  size_t end;
};

/// A compiled pattern. Immutable; thread-safe; cheap to copy.
class Regex {
 public:
  /// Errors: UNIMPLEMENTED names the part that is not known.
  static Result<Regex> Compile(std::string_view pattern);

  const std::string& pattern() const { return *pattern_; }
  const Program& program() const { return *program_; }

 private:
  std::shared_ptr<const std::string> pattern_;
  std::shared_ptr<const Program> program_;
};

/// Finds the successive matches in one text. Not thread-safe.
class Scanner {
 public:
  /// REQUIRES: `text` is valid UTF-8 of less than 4 GiB; both outlive the scanner.
  Scanner(const Regex& regex, std::string_view text);
  ~Scanner();
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  /// The next match. It may be empty, but not at the end of the last one. An empty text has none,
  /// as in the reference. nullopt at the end and after an error.
  std::optional<Match> Next();

  /// RESOURCE_EXHAUSTED if the search was given up; it names the pattern and the bound, and the
  /// matches so far are then not all.
  const Status& status() const { return status_; }

  /// The most steps that a search may take per byte of the text, beside a fixed number.
  static constexpr size_t kMostStepsPerByte = 5000;
  static constexpr size_t kMostFramesPerByte = 8;

  class Machine;

 private:
  const Regex* regex_;
  std::unique_ptr<Machine> machine_;
  std::string_view text_;
  size_t next_ = 0;  // where the next search begins
  std::optional<size_t> last_end_;
  Status status_;
};

}  // namespace vetor::regex
