#include "tokenizer/regex/compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/regex/analysis.h"
#include "tokenizer/regex/named_sets.h"

namespace vetor::regex {
namespace {

using Kind = Node::Kind;

constexpr size_t kMostInstructions = 10000;
constexpr size_t kMostAlternatives = 32;

class Compiler {
 public:
  explicit Compiler(const Syntax& syntax) : syntax_(syntax), analysis_(syntax) {}

  Result<Program> Compile();

 private:
  Status Emit(const Node& node, const Follow& follow);
  Status EmitSequence(const Node& node, const Follow& follow);
  Status EmitAlternation(const Node& node, const Follow& follow);
  Status EmitRepeat(const Node& node, const Follow& follow);
  Status EmitLoop(const Node& node, const Follow& follow);
  Status EmitSpan(const CodeSet& set, const Node& repeat, const Follow& follow);
  Status EmitGroup(const Node& body, GroupKind kind);
  Status EmitLook(const Node& node);
  Status EmitBehind(const Node& body);
  Status EmitClass(Op op, const CodeSet& set, bool negative);
  size_t EmitLiteral(const Node& sequence, size_t at);
  Status ClassBit(const CodeSet& set, uint8_t* bit);
  uint8_t GuardBit(const Follow& follow);

  Instruction* Add(Op op) {
    program_.code.push_back({});
    program_.code.back().op = op;
    return &program_.code.back();
  }
  uint32_t Here() const { return static_cast<uint32_t>(program_.code.size()); }

  const Syntax& syntax_;
  Analysis analysis_;
  Program program_;
  std::vector<CodeSet> classes_;
};

Status Compiler::ClassBit(const CodeSet& set, uint8_t* bit) {
  // The first bits belong to the alternatives, even if some of their sets are equal.
  const auto own = classes_.begin() + static_cast<ptrdiff_t>(program_.alternatives.size());
  const auto found = std::find(own, classes_.end(), set);
  *bit = static_cast<uint8_t>(found - classes_.begin());
  if (found != classes_.end()) return Status();
  if (classes_.size() == ClassTable::kMostClasses) {
    return UnimplementedError(fmt::format("more than {} classes", ClassTable::kMostClasses));
  }
  classes_.push_back(set);
  return Status();
}

// Guards save time but are not needed, so they leave half of the bits to the classes.
uint8_t Compiler::GuardBit(const Follow& follow) {
  if (follow.open || classes_.size() >= ClassTable::kMostClasses / 2) return Instruction::kNoBit;
  uint8_t bit = Instruction::kNoBit;
  return ClassBit(follow.first, &bit).ok() ? bit : Instruction::kNoBit;
}

Status Compiler::EmitClass(Op op, const CodeSet& set, bool negative) {
  uint8_t bit = 0;
  VETOR_RETURN_IF_ERROR(ClassBit(set, &bit));
  Instruction* one = Add(op);
  one->bit = bit;
  one->flag = negative ? 1 : 0;
  return Status();
}

// Emits the characters that stand together from `at` on as one comparison of bytes; returns where
// they end.
size_t Compiler::EmitLiteral(const Node& sequence, size_t at) {
  const auto begin = static_cast<uint32_t>(program_.literals.size());
  for (; at < sequence.children.size(); ++at) {
    if (sequence.children[at].kind != Kind::kCharacter) break;
    AppendUtf8(sequence.children[at].character, &program_.literals);
  }
  Instruction* literal = Add(Op::kLiteral);
  literal->a = begin;
  literal->b = static_cast<uint32_t>(program_.literals.size()) - begin;
  return at;
}

Status Compiler::EmitSequence(const Node& node, const Follow& follow) {
  const size_t size = node.children.size();
  std::vector<Follow> follows(size, follow);
  for (size_t i = size; i-- > 1;) {
    follows[i - 1] = analysis_.Before(node.children[i], follows[i]);
  }
  for (size_t i = 0; i < size;) {
    if (node.children[i].kind == Kind::kCharacter) {
      i = EmitLiteral(node, i);
    } else {
      VETOR_RETURN_IF_ERROR(Emit(node.children[i], follows[i]));
      ++i;
    }
  }
  return Status();
}

Status Compiler::EmitAlternation(const Node& node, const Follow& follow) {
  const size_t size = node.children.size();
  std::vector<Follow> rest(size);  // what follows, from the i-th child on
  for (size_t i = size; i-- > 0;) {
    rest[i] = analysis_.Before(node.children[i], follow);
    if (i + 1 == size) continue;
    rest[i].first = rest[i].first.Union(rest[i + 1].first);
    rest[i].open = rest[i].open || rest[i + 1].open;
  }
  std::vector<uint32_t> jumps;
  for (size_t i = 0; i < size; ++i) {
    uint32_t split = 0;
    const bool is_last = i + 1 == size;
    if (!is_last) {
      split = Here();
      Add(Op::kSplit);
      program_.code[split].bit = GuardBit(analysis_.Before(node.children[i], follow));
      program_.code[split].bit2 = GuardBit(rest[i + 1]);
      program_.code[split].a = Here();
    }
    VETOR_RETURN_IF_ERROR(Emit(node.children[i], follow));
    if (is_last) break;
    jumps.push_back(Here());
    Add(Op::kJump);
    program_.code[split].b = Here();
  }
  for (const uint32_t jump : jumps) program_.code[jump].a = Here();
  return Status();
}

Status Compiler::EmitSpan(const CodeSet& set, const Node& repeat, const Follow& follow) {
  uint8_t bit = 0;
  VETOR_RETURN_IF_ERROR(ClassBit(set, &bit));
  Instruction* span = Add(repeat.greed == Greed::kLazy ? Op::kLazySpan : Op::kSpan);
  span->bit = bit;
  span->a = repeat.min;
  span->b = repeat.max;
  span->c = program_.spans++;
  // If the rest cannot begin with a code point of the run, a shorter run cannot help.
  const bool is_final = follow.certain || (!follow.open && !follow.first.Meets(set));
  span->flag = repeat.greed == Greed::kGreedy && !is_final ? 1 : 0;
  return Status();
}

Status Compiler::EmitRepeat(const Node& node, const Follow& follow) {
  const Node& body = node.children[0];
  CodeSet own;
  if (const CodeSet* set = analysis_.OneOf(body, &own)) return EmitSpan(*set, node, follow);
  const bool is_endless = node.max == Node::kNoMaximum;
  // (x{1,3})+ takes what x+ takes, in the same order of lengths.
  if (is_endless && node.min <= 1 && node.greed == Greed::kGreedy && body.kind == Kind::kRepeat &&
      body.min == 1 && body.greed == Greed::kGreedy) {
    if (const CodeSet* set = analysis_.OneOf(body.children[0], &own)) {
      return EmitSpan(*set, node, follow);
    }
  }
  // The reference ends such a repeat when an iteration took nothing, sometimes even a counted
  // repeat.
  if (node.max > 1 && analysis_.MayBeEmpty(body)) {
    return UnimplementedError("a repeat of an expression that may be empty");
  }
  if (node.greed != Greed::kPossessive) return EmitLoop(node, follow);
  Node greedy = node;
  greedy.greed = Greed::kGreedy;
  return EmitGroup(greedy, GroupKind::kAtomic);
}

// Emits a repeat of more than one code point as separate instructions.
Status Compiler::EmitLoop(const Node& node, const Follow& follow) {
  const Node& body = node.children[0];
  const bool is_endless = node.max == Node::kNoMaximum;
  Follow within = analysis_.Before(body, follow);
  within.first = within.first.Union(follow.first);
  within.open = within.open || follow.open;
  const uint8_t body_guard = GuardBit(analysis_.Before(body, follow));
  const uint8_t exit_guard = GuardBit(follow);
  within.certain = false;
  for (uint32_t i = 0; i < node.min; ++i) {
    VETOR_RETURN_IF_ERROR(Emit(body, within));
    if (Here() > kMostInstructions) return UnimplementedError("so many repeats");
  }
  within.certain = follow.certain;
  const uint32_t optional = is_endless ? 1 : node.max - node.min;
  std::vector<uint32_t> splits;
  for (uint32_t i = 0; i < optional; ++i) {
    splits.push_back(Here());
    Add(Op::kSplit);
    VETOR_RETURN_IF_ERROR(Emit(body, within));
    if (is_endless) Add(Op::kJump)->a = splits.back();
    if (Here() > kMostInstructions) return UnimplementedError("so many repeats");
  }
  const bool is_lazy = node.greed == Greed::kLazy;
  for (const uint32_t at : splits) {
    Instruction& split = program_.code[at];
    split.a = is_lazy ? Here() : at + 1;
    split.b = is_lazy ? at + 1 : Here();
    split.bit = is_lazy ? exit_guard : body_guard;
    split.bit2 = is_lazy ? body_guard : exit_guard;
  }
  return Status();
}

Status Compiler::EmitGroup(const Node& body, GroupKind kind) {
  const uint32_t enter = Here();
  Add(Op::kEnter)->flag = static_cast<uint8_t>(kind);
  VETOR_RETURN_IF_ERROR(Emit(body, Follow()));  // leaving a group always succeeds
  Add(Op::kLeave)->flag = static_cast<uint8_t>(kind);
  program_.code[enter].a = Here();
  return Status();
}

Status Compiler::EmitLook(const Node& node) {
  const Node& body = node.children[0];
  CodeSet own;
  if (const CodeSet* set = analysis_.OneOf(body, &own)) {
    return EmitClass(node.behind ? Op::kPeekBehind : Op::kPeek, *set, node.negative);
  }
  const GroupKind kind = node.negative ? GroupKind::kNotAhead : GroupKind::kAhead;
  if (!node.behind) return EmitGroup(body, kind);
  const uint32_t enter = Here();
  Add(Op::kEnter)->flag = static_cast<uint8_t>(kind);
  VETOR_RETURN_IF_ERROR(EmitBehind(body));
  Add(Op::kLeave)->flag = static_cast<uint8_t>(kind);
  program_.code[enter].a = Here();
  return Status();
}

// Each alternative begins as many code points earlier as it is long.
Status Compiler::EmitBehind(const Node& body) {
  std::vector<const Node*> alternatives = {&body};
  if (body.kind == Kind::kAlternation) {
    alternatives.clear();
    for (const Node& child : body.children) alternatives.push_back(&child);
  }
  std::vector<uint32_t> jumps;
  for (const Node* alternative : alternatives) {
    uint32_t length = 0;
    if (!analysis_.FixedLength(*alternative, &length)) {
      return UnimplementedError("(?<=..) over an expression without a fixed length");
    }
    const uint32_t split = Here();
    Add(Op::kSplit)->a = split + 1;
    Add(Op::kStepBack)->a = length;
    VETOR_RETURN_IF_ERROR(Emit(*alternative, Follow()));
    jumps.push_back(Here());
    Add(Op::kJump);
    program_.code[split].b = Here();
  }
  Add(Op::kStepBack)->a = UINT32_MAX;  // Without alternatives, the look-behind fails.
  for (const uint32_t jump : jumps) program_.code[jump].a = Here();
  return Status();
}

Status Compiler::Emit(const Node& node, const Follow& follow) {
  if (Here() > kMostInstructions) return UnimplementedError("a pattern of this size");
  switch (node.kind) {
    case Kind::kSequence:
      return EmitSequence(node, follow);
    case Kind::kAlternation:
      return EmitAlternation(node, follow);
    case Kind::kCharacter: {
      Node sequence;
      sequence.children.push_back(node);
      EmitLiteral(sequence, 0);
      return Status();
    }
    case Kind::kSet:
      return EmitClass(Op::kClass, syntax_.sets[node.set], false);
    case Kind::kRepeat:
      return EmitRepeat(node, follow);
    case Kind::kAtomic:
      return EmitGroup(node.children[0], GroupKind::kAtomic);
    case Kind::kLook:
      return EmitLook(node);
    case Kind::kAnchor:
      break;
  }
  uint8_t bit = Instruction::kNoBit;
  if (node.anchor == Anchor::kWordBoundary || node.anchor == Anchor::kNoWordBoundary) {
    VETOR_RETURN_IF_ERROR(ClassBit(WordSet(), &bit));
  }
  Instruction* anchor = Add(Op::kAnchor);
  anchor->flag = static_cast<uint8_t>(node.anchor);
  anchor->bit = bit;
  return Status();
}

Result<Program> Compiler::Compile() {
  std::vector<const Node*> alternatives = {&syntax_.root};
  if (syntax_.root.kind == Kind::kAlternation &&
      syntax_.root.children.size() <= kMostAlternatives) {
    alternatives.clear();
    for (const Node& child : syntax_.root.children) alternatives.push_back(&child);
  }
  for (size_t i = 0; i < alternatives.size(); ++i) {
    classes_.push_back(analysis_.First(*alternatives[i]));
    program_.all |= uint64_t{1} << i;
    if (analysis_.MayBeEmpty(*alternatives[i])) program_.always |= uint64_t{1} << i;
  }
  program_.alternatives.resize(alternatives.size());
  for (size_t i = 0; i < alternatives.size(); ++i) {
    program_.alternatives[i].entry = Here();
    VETOR_RETURN_IF_ERROR(Emit(*alternatives[i], Follow()));
    Add(Op::kMatch);
  }
  for (Instruction& instruction : program_.code) {
    if (instruction.op == Op::kSplit) instruction.c = program_.splits++;
  }
  if (!program_.classes.Build(classes_)) return UnimplementedError("so many classes");
  return std::move(program_);
}

}  // namespace

Result<Program> CompileSyntax(const Syntax& syntax) { return Compiler(syntax).Compile(); }

}  // namespace vetor::regex
