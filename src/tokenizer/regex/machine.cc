#include "tokenizer/regex/machine.h"

#include <algorithm>

namespace vetor::regex {
namespace {

constexpr int64_t kFreeSteps = 1000000;
constexpr size_t kFreeFrames = 4096;
constexpr int64_t kStepsWithoutNotes = 1000;
constexpr size_t kStepsPerByteWithoutNotes = 16;
constexpr size_t kMostNotes = size_t{1} << 28;  // They take 32 MiB.
constexpr size_t kBytesPerStep = 8;  // A run of a class is passed faster than by single steps.

}  // namespace

void Scanner::Machine::Reset(const Program& program, std::string_view text) {
  program_ = &program;
  text_ = text;
  frames_.clear();
  memos_.assign(program.spans, SpanMemo());
  group_ = kNoGroup;
  steps_left_ = static_cast<int64_t>(text.size() * kMostStepsPerByte) + kFreeSteps;
  notes_begin_ = steps_left_ - kStepsWithoutNotes -
                 static_cast<int64_t>(text.size() * kStepsPerByteWithoutNotes);
  dead_splits_.clear();
  most_frames_ = text.size() * kMostFramesPerByte + kFreeFrames;
  has_given_up_ = false;
}

bool Scanner::Machine::Search(size_t from, Match* match) {
  for (size_t begin = from; begin <= text_.size() && !has_given_up_;) {
    size_t end = begin + 1;
    uint64_t may_begin = program_->always;
    if (begin < text_.size()) may_begin |= MaskAt(begin, &end) & program_->all;
    for (size_t i = 0; may_begin != 0; ++i, may_begin >>= 1) {
      if ((may_begin & 1) == 0 || !MatchAt(program_->alternatives[i].entry, begin)) continue;
      *match = {begin, at_};
      return true;
    }
    begin = end;
    if (--steps_left_ < 0) has_given_up_ = true;
  }
  return false;
}

bool Scanner::Machine::MatchAt(uint32_t entry, size_t from) {
  frames_.clear();
  group_ = kNoGroup;
  pc_ = entry;
  at_ = from;
  while (!has_given_up_) {
    const Instruction& instruction = program_->code[pc_];
    if (instruction.op == Op::kMatch) return true;
    if (--steps_left_ < notes_begin_) StartNotes();
    if (!Execute(instruction) && !Backtrack()) return false;
  }
  return false;
}

bool Scanner::Machine::Execute(const Instruction& instruction) {
  switch (instruction.op) {
    case Op::kLiteral: {
      const std::string_view wanted(program_->literals.data() + instruction.a, instruction.b);
      if (!text_.substr(at_).starts_with(wanted)) return false;
      at_ += instruction.b;
      break;
    }
    case Op::kClass:
      if (!IsAt(at_, instruction.bit, &at_)) return false;
      break;
    case Op::kSpan:
      return RunSpan(instruction);
    case Op::kLazySpan:
      return RunLazySpan(instruction);
    case Op::kSplit:
      return Split(instruction);
    case Op::kJump:
      pc_ = instruction.a;
      return true;
    case Op::kAnchor:
      if (!HoldsAnchor(instruction)) return false;
      break;
    case Op::kPeek:
    case Op::kPeekBehind:
      if (!Peeks(instruction)) return false;
      break;
    case Op::kStepBack:
      if (!StepBack(instruction.a)) return false;
      break;
    case Op::kEnter:
      Enter(instruction);
      break;
    case Op::kLeave:
      return Leave(instruction);
    case Op::kMatch:
      break;
  }
  ++pc_;
  return true;
}

size_t Scanner::Machine::RunEnd(size_t at, uint8_t bit, uint32_t most) {
  const size_t begin = at;
  for (size_t end = 0; most > 0 && IsAt(at, bit, &end); --most) at = end;
  steps_left_ -= static_cast<int64_t>((at - begin) / kBytesPerStep);
  return at;
}

// Passes over exactly `count` code points.
bool Scanner::Machine::SkipClass(uint8_t bit, uint32_t count) {
  for (; count > 0; --count) {
    if (!IsAt(at_, bit, &at_)) return false;
  }
  return true;
}

bool Scanner::Machine::RunSpan(const Instruction& span) {
  if (!SkipClass(span.bit, span.a)) return false;
  SpanMemo& memo = memos_[span.c];
  const auto low = static_cast<uint32_t>(at_);
  uint32_t end;
  if (span.b != Node::kNoMaximum) {
    end = static_cast<uint32_t>(RunEnd(low, span.bit, span.b - span.a));
  } else if (memo.begin <= low && low <= memo.end) {
    end = memo.end;
  } else {
    end = static_cast<uint32_t>(RunEnd(low, span.bit, Node::kNoMaximum));
    memo.begin = low;
    memo.end = end;
  }
  const uint32_t high = end;
  if (span.flag != 0 && end > low) {
    if (memo.failed_low <= end && end <= memo.failed_high) {
      if (memo.failed_low <= low) return false;
      end = static_cast<uint32_t>(Before(memo.failed_low));
    }
    if (end > low) Push({FrameKind::kRun, pc_, end, low, high});
  }
  at_ = end;
  ++pc_;
  return true;
}

bool Scanner::Machine::RunLazySpan(const Instruction& span) {
  if (!SkipClass(span.bit, span.a)) return false;
  const auto low = static_cast<uint32_t>(at_);
  const bool is_endless = span.b == Node::kNoMaximum;
  const SpanMemo& memo = memos_[span.c];
  if (is_endless && memo.failed_low <= low && low <= memo.failed_high) return false;
  const uint32_t more = is_endless ? span.b : span.b - span.a;
  if (more > 0) Push({FrameKind::kGrow, pc_, low, more, low});
  ++pc_;
  return true;
}

void Scanner::Machine::StartNotes() {
  if (steps_left_ < 0) has_given_up_ = true;
  notes_begin_ = 0;
  const size_t notes = program_->splits * (text_.size() + 1);
  if (dead_splits_.empty() && notes <= kMostNotes) dead_splits_.resize(notes);
}

bool Scanner::Machine::Split(const Instruction& split) {
  size_t end = 0;
  const uint64_t mask = at_ < text_.size() ? MaskAt(at_, &end) : 0;
  const bool first = split.bit == Instruction::kNoBit || (mask >> split.bit & 1) != 0;
  const bool second = split.bit2 == Instruction::kNoBit || (mask >> split.bit2 & 1) != 0;
  if (!first && !second) return false;
  if (!dead_splits_.empty()) {
    const Frame note = {FrameKind::kSplit, split.c, static_cast<uint32_t>(at_), 0, 0};
    if (dead_splits_[NoteOf(note)]) return false;
    Push(note);
  }
  if (first && second) {
    Push({FrameKind::kBranch, split.b, static_cast<uint32_t>(at_), 0, 0});
  }
  pc_ = first ? split.a : split.b;
  return true;
}

bool Scanner::Machine::HoldsAnchor(const Instruction& anchor) const {
  const size_t size = text_.size();
  switch (static_cast<Anchor>(anchor.flag)) {
    case Anchor::kTextBegin:
      return at_ == 0;
    case Anchor::kTextEnd:
      return at_ == size;
    case Anchor::kTextEndOrBreak:
      return at_ == size || (at_ + 1 == size && text_[at_] == '\n');
    case Anchor::kLineBegin:  // No line begins after a last line feed.
      return at_ == 0 || (at_ < size && text_[at_ - 1] == '\n');
    case Anchor::kLineEnd:
      return at_ == size || text_[at_] == '\n';
    case Anchor::kWordBoundary:
    case Anchor::kNoWordBoundary:
      break;
  }
  size_t end = 0;
  const bool is_after = IsAt(at_, anchor.bit, &end);
  const bool is_before = at_ > 0 && IsAt(Before(at_), anchor.bit, &end);
  return (is_after != is_before) == (static_cast<Anchor>(anchor.flag) == Anchor::kWordBoundary);
}

bool Scanner::Machine::Peeks(const Instruction& peek) const {
  size_t end = 0;
  const bool is_there = peek.op == Op::kPeek ? IsAt(at_, peek.bit, &end)
                                             : at_ > 0 && IsAt(Before(at_), peek.bit, &end);
  return is_there == (peek.flag == 0);
}

bool Scanner::Machine::StepBack(uint32_t count) {
  for (; count > 0 && at_ > 0; --count) at_ = Before(at_);
  return count == 0;
}

void Scanner::Machine::Enter(const Instruction& enter) {
  const bool is_not = static_cast<GroupKind>(enter.flag) == GroupKind::kNotAhead;
  const auto place = static_cast<uint32_t>(frames_.size());
  Push({is_not ? FrameKind::kNotAhead : FrameKind::kGroup, enter.a, static_cast<uint32_t>(at_),
        group_, 0});
  group_ = place;
}

// Drops the other ways in which the group might have matched.
bool Scanner::Machine::Leave(const Instruction& leave) {
  const Frame entered = frames_[group_];
  frames_.resize(group_);
  group_ = entered.low;
  const auto kind = static_cast<GroupKind>(leave.flag);
  if (kind == GroupKind::kNotAhead) return false;
  if (kind == GroupKind::kAhead) at_ = entered.at;
  ++pc_;
  return true;
}

void Scanner::Machine::Push(const Frame& frame) {
  if (frames_.size() >= most_frames_) has_given_up_ = true;
  frames_.push_back(frame);
}

// Takes the last way that is still open. Returns false if there is none.
bool Scanner::Machine::Backtrack() {
  while (!frames_.empty()) {
    const Frame frame = frames_.back();
    switch (frame.kind) {
      case FrameKind::kRun:
        if (ShortenRun()) return true;
        continue;
      case FrameKind::kGrow:
        if (GrowRun()) return true;
        continue;
      case FrameKind::kSplit:
        dead_splits_[NoteOf(frame)] = true;
        frames_.pop_back();
        continue;
      case FrameKind::kGroup:
        group_ = frame.low;
        frames_.pop_back();
        continue;
      case FrameKind::kNotAhead:
        group_ = frame.low;
        break;
      case FrameKind::kBranch:
        break;
    }
    pc_ = frame.pc;
    at_ = frame.at;
    frames_.pop_back();
    return true;
  }
  return false;
}

bool Scanner::Machine::ShortenRun() {
  Frame& run = frames_.back();
  if (run.at == run.low) {
    SpanMemo& memo = memos_[program_->code[run.pc].c];
    memo.failed_low = run.low;
    memo.failed_high = run.high;
    frames_.pop_back();
    return false;
  }
  run.at = static_cast<uint32_t>(Before(run.at));
  at_ = run.at;
  pc_ = run.pc + 1;
  return true;
}

bool Scanner::Machine::GrowRun() {
  Frame& run = frames_.back();
  const Instruction& span = program_->code[run.pc];
  size_t end = 0;
  if (run.low == 0 || !IsAt(run.at, span.bit, &end)) {
    if (span.b == Node::kNoMaximum) {
      memos_[span.c].failed_low = run.high;
      memos_[span.c].failed_high = run.at;
    }
    frames_.pop_back();
    return false;
  }
  run.at = static_cast<uint32_t>(end);
  if (run.low != Node::kNoMaximum) --run.low;
  at_ = end;
  pc_ = run.pc + 1;
  return true;
}

}  // namespace vetor::regex
