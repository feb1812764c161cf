// The backtracking machine that runs a Program over one text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "tokenizer/regex/program.h"
#include "tokenizer/regex/regex.h"

namespace vetor::regex {

/// Not thread-safe. It is reused from text to text, so that it keeps its memory.
class Scanner::Machine {
 public:
  /// Both must outlive the searches.
  void Reset(const Program& program, std::string_view text);

  /// Finds the leftmost match that begins at `from` or later. Returns false if there is none, or if
  /// has_given_up().
  bool Search(size_t from, Match* match);

  /// Whether a search reached the bound on steps or frames.
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
    kGroup,     // a group was entered; `low` is the group around it
    kNotAhead,  // as kGroup; if there is no match, go on at `pc` from `at`
  };

  // The next action if the way taken so far leads nowhere.
  struct Frame {
    FrameKind kind;
    uint32_t pc;
    uint32_t at;
    uint32_t low;
    uint32_t high;  // where the run ended at first
  };

  // The known facts of the runs of one kSpan or kLazySpan. Whether the rest matches at a place does
  // not depend on where the run began, so a place that failed once need not be tried again.
  struct SpanMemo {
    // the code points in [begin, end) are of its class, and the one at `end` is not
    uint32_t begin = 1;
    uint32_t end = 0;
    uint32_t failed_low = 1;  // there is no match for a run that ends in [failed_low, failed_high]
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

  // The classes of the code point at `at`, and where it ends. REQUIRES: at < text_.size().
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
  uint32_t group_ = kNoGroup;  // the place in frames_ of the innermost group that was entered
  // Splits that led nowhere, at NoteOf. The rest after a split does not depend on the way to it.
  // They are kept only for texts that take many steps.
  std::vector<bool> dead_splits_;
  int64_t steps_left_ = 0;
  int64_t notes_begin_ = 0;  // notes begin when so many steps are left
  size_t most_frames_ = 0;
  bool has_given_up_ = false;
};

}  // namespace vetor::regex
