// The compiled form of a pattern: the instructions of a backtracking machine, and a table that says
// in which classes of the pattern each code point is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tokenizer/regex/class_table.h"
#include "tokenizer/regex/syntax.h"

namespace vetor::regex {

enum class Op : uint8_t {
  kLiteral,     // the bytes [a, a + b) of `literals`
  kClass,       // one code point of class `bit`
  kSpan,        // a to b code points of class `bit`, as many as possible; c is its SpanMemo
  kLazySpan,    // a to b code points of class `bit`, as few as possible; c is its SpanMemo
  kSplit,       // goes on at a or else at b; each only if the next code point is in bit or bit2;
                // c: its number among the splits
  kJump,        // goes on at a
  kAnchor,      // `flag` says which anchor; `bit` is the class of \w
  kPeek,        // the next code point is in class `bit`; with `flag`, it is not, or there is none
  kPeekBehind,  // as kPeek, for the code point before
  kStepBack,    // goes a code points back
  kEnter,       // begins a group that is left with its first match; flag: its GroupKind
  kLeave,       // ends the group
  kMatch,
};

// `a` is that of kEnter.
enum class GroupKind : uint8_t {
  kAtomic,
  kAhead,     // goes on at the place of its entry
  kNotAhead,  // goes on at `a` at the place of its entry, if there is no match
};

struct Instruction {
  static constexpr uint8_t kNoBit = 255;
  Op op = Op::kMatch;
  uint8_t flag = 0;  // kSpan: whether a shorter run can help
  uint8_t bit = kNoBit;
  uint8_t bit2 = kNoBit;
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
};

/// One of the pattern's outermost alternatives.
struct Alternative {
  uint32_t entry = 0;
};

struct Program {
  std::vector<Instruction> code;
  std::string literals;
  // bit i of a class mask says that the i-th may begin there
  std::vector<Alternative> alternatives;
  uint64_t always = 0;  // the alternatives that may match without taking a character
  uint64_t all = 0;
  uint32_t spans = 0;   // the number of SpanMemos
  uint32_t splits = 0;  // the number of kSplits
  ClassTable classes;
};

}  // namespace vetor::regex
