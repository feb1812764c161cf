// The backtracking machine that runs a Program over one text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "tokenizer/regex/program.h"
#include "tokenizer/regex/regex.h"

namespace vetor::regex {

/// Not thread-safe; reused from text to text so that its memory stays.
class Scanner::Machine {
 public:
  /// Both outlive the searches.
  void Reset(const Program& program, std::string_view text);

  /// The leftmost match that begins at `from` or later. False: there is none, or has_given_up().
  bool Search(size_t from, Match* match);

  /// The bound on steps or on frames is reached.
  bool has_given_up() const { return has_given_up_; }

  size_t kept_bytes() const {
    return frames_.capacity() * sizeof(Frame) + dead_splits_.capacity() / 8;
  }

 private:
  enum class FrameKind : uint8_t {
    kBranch,    // go on at `pc` from `at`
    kRun,       // shorten the run of the kSpan at `pc`, which ends at `at`, as far as `low`
    kGrow,      // lengthen the run of the kLazySpan at `pc`, which ends at `at`, by at most `low`
    kSplit,     // note that the kSplit number `pc` at `at` leads nowhere
    kGroup,     // a group was entered; `low`: the group around it
    kNotAhead,  // the same; with no match, go on at `pc` from `at`
  };

  // What to do when the way taken so far leads nowhere.
  struct Frame {
    FrameKind kind;
    uint32_t pc;
    uint32_t at;
    uint32_t low;
    uint32_t high;  // the end of the run at first
  };

  // Known facts of the runs of one kSpan or kLazySpan. Whether the rest matches at a place does not
  // depend on the beginning of the run, so places that have failed once need not be tried again.
  struct SpanMemo {
    uint32_t begin = 1;  // the code points in [begin, end) are of its class, that at `end` is not
    uint32_t end = 0;
    uint32_t failed_low = 1;  // no match with a run that ends in [failed_low, failed_high]
    uint32_t failed_high = 0;
  };

  static constexpr uint32_t kNoGroup = UINT32_MAX;

  bool MatchAt(uint32_t entry, size_t from);
  bool Execute(const Instruction& instruction);
  bool RunSpan(const Instruction& span);
  bool RunLazySpan(const Instruction& span);
  bool SkipClass(uint8_t bit, uint32_t count);
  bool Split(const Instruction& split);
  void StartNotes();
  size_t NoteOf(const Frame& split) const { return split.pc * (text_.size() + 1) + split.at; }
  bool HoldsAnchor(const Instruction& anchor) const;
  bool Peeks(const Instruction& peek) const;
  bool StepBack(uint32_t count);
  void Enter(const Instruction& enter);
  bool Leave(const Instruction& leave);
  bool Backtrack();
  bool ShortenRun();
  bool GrowRun();
  void Push(const Frame& frame);
  size_t RunEnd(size_t at, uint8_t bit, uint32_t most);

  // The classes of the code point at `at`, and its end. REQUIRES: at < text_.size().
  uint64_t MaskAt(size_t at, size_t* end) const {
    const auto byte = static_cast<unsigned char>(text_[at]);
    *end = at + 1;
    if (byte < 0x80) return program_->classes.OfAscii(byte);
    *end = at;
    return program_->classes.Of(DecodeUtf8(text_, end));
  }
  bool IsAt(size_t at, uint8_t bit, size_t* end) const {
    return at < text_.size() && (MaskAt(at, end) >> bit & 1) != 0;
  }
  size_t Before(size_t at) const {
    do {
      --at;
    } while (IsContinuationByte(text_[at]));
    return at;
  }

  const Program* program_ = nullptr;
  std::string_view text_;
  std::vector<Frame> frames_;
  std::vector<SpanMemo> memos_;
  uint32_t pc_ = 0;
  size_t at_ = 0;
  uint32_t group_ = kNoGroup;  // the place in frames_ of the innermost group that is entered
  // Splits that led nowhere, at NoteOf: the rest after a split does not depend on the way to it.
  // Kept only in texts that take many steps.
  std::vector<bool> dead_splits_;
  int64_t steps_left_ = 0;
  int64_t notes_begin_ = 0;  // with so many steps left
  size_t most_frames_ = 0;
  bool has_given_up_ = false;
};

}  // namespace vetor::regex
