#include "tokenizer/regex/analysis.h"

#include <algorithm>

namespace vetor::regex {

using Kind = Node::Kind;

const CodeSet* Analysis::OneOf(const Node& node, CodeSet* own) const {
  if (node.kind == Kind::kSet) return &sets_[node.set];
  if (node.kind != Kind::kCharacter) return nullptr;
  *own = CodeSet::Of(node.character);
  return own;
}

CodeSet Analysis::First(const Node& node) const {
  CodeSet first;
  if (const CodeSet* set = OneOf(node, &first)) return *set;
  if (node.kind == Kind::kLook || node.kind == Kind::kAnchor) return first;
  if (node.kind == Kind::kRepeat && node.max == 0) return first;
  for (const Node& child : node.children) {
    first = first.Union(First(child));
    if (node.kind == Kind::kSequence && !MayBeEmpty(child)) break;
  }
  return first;
}

bool Analysis::MayBeEmpty(const Node& node) const {
  const auto is_empty = [this](const Node& child) { return MayBeEmpty(child); };
  switch (node.kind) {
    case Kind::kCharacter:
    case Kind::kSet:
      return false;
    case Kind::kLook:
    case Kind::kAnchor:
      return true;
    case Kind::kAlternation:
      return std::any_of(node.children.begin(), node.children.end(), is_empty);
    case Kind::kRepeat:
      return node.min == 0 || is_empty(node.children[0]);
    case Kind::kSequence:
    case Kind::kAtomic:
      break;
  }
  return std::all_of(node.children.begin(), node.children.end(), is_empty);
}

bool Analysis::IsCertain(const Node& node) const {
  const auto is_certain = [this](const Node& child) { return IsCertain(child); };
  switch (node.kind) {
    case Kind::kSequence:
      return std::all_of(node.children.begin(), node.children.end(), is_certain);
    case Kind::kAlternation:
      return std::any_of(node.children.begin(), node.children.end(), is_certain);
    case Kind::kRepeat:
      return node.min == 0;
    default:
      return false;
  }
}

Follow Analysis::Before(const Node& node, const Follow& follow) const {
  Follow before;
  before.first = First(node);
  const bool may_be_empty = MayBeEmpty(node);
  if (may_be_empty) before.first = before.first.Union(follow.first);
  before.open = may_be_empty && follow.open;
  before.certain = IsCertain(node) && follow.certain;
  return before;
}

bool Analysis::FixedLength(const Node& node, uint32_t* length) const {
  constexpr uint32_t kMost = 1000;
  *length = node.kind == Kind::kCharacter || node.kind == Kind::kSet ? 1 : 0;
  if (node.kind == Kind::kLook || node.kind == Kind::kAnchor) return true;
  bool is_first = true;
  for (const Node& child : node.children) {
    uint32_t part = 0;
    if (!FixedLength(child, &part)) return false;
    if (node.kind == Kind::kAlternation && !is_first && part != *length) return false;
    *length = node.kind == Kind::kSequence ? *length + part : part;
    is_first = false;
  }
  if (node.kind == Kind::kRepeat) {
    if (node.min != node.max || node.min > kMost) return false;
    *length *= node.min;
  }
  return *length <= kMost;
}

}  // namespace vetor::regex
