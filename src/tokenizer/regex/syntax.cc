#include "tokenizer/regex/syntax.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "tokenizer/regex/pattern_reader.h"

namespace vetor::regex {
namespace {

constexpr size_t kMostNestedGroups = 50;
// the bound for one atom; each quantifier repeats what the one before made
constexpr size_t kMostQuantifiers = 10;
constexpr uint32_t kMostRepeats = 100000;  // the same bound as the reference's

Node NodeOf(Node::Kind kind) {
  Node node;
  node.kind = kind;
  return node;
}

Node AnchorNode(Anchor anchor) {
  Node node = NodeOf(Node::Kind::kAnchor);
  node.anchor = anchor;
  return node;
}

Node Repeat(Node body, uint32_t min, uint32_t max, Greed greed) {
  Node node = NodeOf(Node::Kind::kRepeat);
  node.min = min;
  node.max = max;
  node.greed = greed;
  node.children.push_back(std::move(body));
  return node;
}

// Whether Oniguruma takes the two letters under (?i:) for one character as well, as ss for U+00DF.
bool IsFoldedPair(char first, char second) {
  return (first == 's' && (second == 's' || second == 't')) ||
         (first == 'f' && (second == 'f' || second == 'i' || second == 'l'));
}

class Parser {
 public:
  explicit Parser(std::string_view pattern) : reader_(pattern) {}

  Result<Syntax> Parse();

 private:
  Result<Node> ReadAlternation(bool fold, size_t depth);
  Result<Node> ReadSequence(bool fold, size_t depth);
  Result<Node> ReadAtom(bool fold, size_t depth);
  Result<Node> ReadGroup(bool fold, size_t depth);
  Result<Node> ReadLook(bool fold, size_t depth);
  Result<Node> ReadBackslash(bool fold);
  Result<Node> CharacterNode(char32_t c, bool fold);
  Status ReadQuantifiers(Node* node);
  Status ReadInterval(Node* node);
  Status Append(Node node, Node* sequence) const;
  Node Merged(Node alternation);
  Node SetNode(CodeSet set);

  PatternReader reader_;
  std::vector<CodeSet> sets_;
};

Node Parser::SetNode(CodeSet set) {
  const auto found = std::find(sets_.begin(), sets_.end(), set);
  Node node = NodeOf(Node::Kind::kSet);
  node.set = static_cast<uint32_t>(found - sets_.begin());
  if (found == sets_.end()) sets_.push_back(std::move(set));
  return node;
}

Result<Node> Parser::CharacterNode(char32_t c, bool fold) {
  Node node = NodeOf(Node::Kind::kCharacter);
  node.character = c;
  if (!fold) return node;
  VETOR_ASSIGN_OR_RETURN(CodeSet set, FoldedSet(CodeSet::Of(c), reader_));
  if (set == CodeSet::Of(c)) return node;
  node = SetNode(std::move(set));
  node.folded = static_cast<char>(c | 32);
  return node;
}

Result<Node> Parser::ReadBackslash(bool fold) {
  constexpr std::pair<const char*, Anchor> kAnchors[] = {
      {"A", Anchor::kTextBegin},    {"z", Anchor::kTextEnd},        {"Z", Anchor::kTextEndOrBreak},
      {"b", Anchor::kWordBoundary}, {"B", Anchor::kNoWordBoundary},
  };
  for (const auto& [letter, anchor] : kAnchors) {
    if (reader_.Skip(letter)) return AnchorNode(anchor);
  }
  VETOR_ASSIGN_OR_RETURN(Escape escape, ReadEscape(&reader_, EscapePlace::kAlone));
  if (!escape.is_set) return CharacterNode(escape.character, fold);
  if (fold) {
    VETOR_ASSIGN_OR_RETURN(escape.set, FoldedSet(escape.set, reader_));
  }
  return SetNode(std::move(escape.set));
}

Result<Node> Parser::ReadAtom(bool fold, size_t depth) {
  const char32_t c = reader_.Next();
  switch (c) {
    case '(':
      return ReadGroup(fold, depth + 1);
    case '[': {
      VETOR_ASSIGN_OR_RETURN(CodeSet set, ReadClass(&reader_, fold));
      return SetNode(std::move(set));
    }
    case '\\':
      return ReadBackslash(fold);
    case '.':
      return SetNode(CodeSet::Of('\n').Complement());
    case '^':
      return AnchorNode(Anchor::kLineBegin);
    case '$':
      return AnchorNode(Anchor::kLineEnd);
    case '*':
    case '+':
    case '?':
    case '{':
      return reader_.Unknown("a quantifier with nothing before it");
    default:
      return CharacterNode(c, fold);
  }
}

// Reads (?=..) (?!..) (?<=..) (?<!..) from after the "(?" on.
Result<Node> Parser::ReadLook(bool fold, size_t depth) {
  Node node = NodeOf(Node::Kind::kLook);
  node.behind = reader_.Skip("<");
  node.negative = reader_.Skip("!");
  if (!node.negative && !reader_.Skip("=")) return reader_.Unknown("this kind of group");
  VETOR_ASSIGN_OR_RETURN(Node body, ReadAlternation(fold, depth));
  node.children.push_back(std::move(body));
  return node;
}

// Reads a group from after its "(" on. A capturing group is a group like any other, because no
// caller asks for its content.
Result<Node> Parser::ReadGroup(bool fold, size_t depth) {
  if (depth > kMostNestedGroups) return reader_.Unknown("so many groups in one another");
  Node node;
  if (!reader_.Skip("?") || reader_.Skip(":")) {
    VETOR_ASSIGN_OR_RETURN(node, ReadAlternation(fold, depth));
  } else if (reader_.Skip("i:")) {
    VETOR_ASSIGN_OR_RETURN(node, ReadAlternation(true, depth));
  } else if (reader_.Skip("-i:")) {
    VETOR_ASSIGN_OR_RETURN(node, ReadAlternation(false, depth));
  } else if (reader_.Skip(">")) {
    VETOR_ASSIGN_OR_RETURN(Node body, ReadAlternation(fold, depth));
    node = NodeOf(Node::Kind::kAtomic);
    node.children.push_back(std::move(body));
  } else {
    VETOR_ASSIGN_OR_RETURN(node, ReadLook(fold, depth));
  }
  if (!reader_.Skip(")")) return reader_.Unknown("a group without )");
  return node;
}

// Reads from after the "{" on.
Status Parser::ReadInterval(Node* node) {
  uint32_t min = 0;
  uint32_t max = 0;
  const bool has_min = reader_.Number(&min);
  const bool has_comma = reader_.Skip(",");
  const bool has_max = has_comma && reader_.Number(&max);
  if (!has_min && !has_max) return reader_.Unknown("{ without a number");
  const bool is_fixed = !has_comma;
  if (is_fixed) max = min;
  if (!reader_.Skip("}")) return reader_.Unknown("{ without }");
  if (has_comma && !has_max) max = Node::kNoMaximum;
  if (min > kMostRepeats || max < min || (has_max && max > kMostRepeats)) {
    return reader_.Unknown("these numbers of repeats");
  }
  // Here Ruby's syntax differs from Perl's: {2}? is optional, and {1,2}+ is a repeat of a repeat.
  const bool is_lazy = reader_.Skip("?");
  const Greed greed = is_lazy && !is_fixed ? Greed::kLazy : Greed::kGreedy;
  *node = Repeat(std::move(*node), min, max, greed);
  if (is_lazy && is_fixed) *node = Repeat(std::move(*node), 0, 1, Greed::kGreedy);
  return Status();
}

Status Parser::ReadQuantifiers(Node* node) {
  for (size_t count = 0; !reader_.AtEnd(); ++count) {
    const bool is_interval = reader_.Sees("{");
    const bool is_optional = reader_.Sees("?");
    if (!is_interval && !is_optional && !reader_.Sees("*") && !reader_.Sees("+")) break;
    if (node->kind == Node::Kind::kAnchor || node->kind == Node::Kind::kLook) {
      return reader_.Unknown("a quantifier of an expression that takes no characters");
    }
    if (count == kMostQuantifiers) return reader_.Unknown("so many quantifiers in a row");
    const char32_t c = reader_.Next();
    const char folded = node->folded;
    if (is_interval) {
      VETOR_RETURN_IF_ERROR(ReadInterval(node));
    } else {
      const Greed greed = reader_.Skip("+")   ? Greed::kPossessive
                          : reader_.Skip("?") ? Greed::kLazy
                                              : Greed::kGreedy;
      *node = Repeat(std::move(*node), c == '+' ? 1 : 0, is_optional ? 1 : Node::kNoMaximum, greed);
    }
    if (node->min > 1 && IsFoldedPair(folded, folded)) {
      return reader_.Unknown("(?i:) over letters that are one character elsewhere");
    }
  }
  return Status();
}

Status Parser::Append(Node node, Node* sequence) const {
  std::vector<Node>& list = sequence->children;
  if (node.kind == Node::Kind::kSequence) {
    for (Node& child : node.children) VETOR_RETURN_IF_ERROR(Append(std::move(child), sequence));
    return Status();
  }
  if (!list.empty() && IsFoldedPair(list.back().folded, node.folded)) {
    return reader_.Unknown("(?i:) over letters that are one character elsewhere");
  }
  list.push_back(std::move(node));
  return Status();
}

Result<Node> Parser::ReadSequence(bool fold, size_t depth) {
  Node sequence;
  while (!reader_.AtEnd() && !reader_.Sees("|") && !reader_.Sees(")")) {
    VETOR_ASSIGN_OR_RETURN(Node atom, ReadAtom(fold, depth));
    VETOR_RETURN_IF_ERROR(ReadQuantifiers(&atom));
    VETOR_RETURN_IF_ERROR(Append(std::move(atom), &sequence));
  }
  if (sequence.children.size() == 1) {
    Node only = std::move(sequence.children[0]);
    return only;
  }
  return sequence;
}

// An alternation of single characters becomes a set, because it takes the same character whichever
// alternative matches.
Node Parser::Merged(Node alternation) {
  CodeSet all;
  for (const Node& child : alternation.children) {
    if (child.kind == Node::Kind::kCharacter) {
      all = all.Union(CodeSet::Of(child.character));
    } else if (child.kind == Node::Kind::kSet) {
      all = all.Union(sets_[child.set]);
    } else {
      return alternation;
    }
  }
  return SetNode(std::move(all));
}

Result<Node> Parser::ReadAlternation(bool fold, size_t depth) {
  VETOR_ASSIGN_OR_RETURN(Node first, ReadSequence(fold, depth));
  if (!reader_.Sees("|")) return first;
  Node alternation = NodeOf(Node::Kind::kAlternation);
  alternation.children.push_back(std::move(first));
  while (reader_.Skip("|")) {
    VETOR_ASSIGN_OR_RETURN(Node next, ReadSequence(fold, depth));
    alternation.children.push_back(std::move(next));
  }
  return Merged(std::move(alternation));
}

Result<Syntax> Parser::Parse() {
  const bool fold = reader_.Skip("(?i)");  // Elsewhere it would apply up to the end of its group.
  Syntax syntax;
  VETOR_ASSIGN_OR_RETURN(syntax.root, ReadAlternation(fold, 0));
  if (!reader_.AtEnd()) return reader_.Unknown(") without a group");
  syntax.sets = std::move(sets_);
  return syntax;
}

}  // namespace

Result<Syntax> ParsePattern(std::string_view pattern) { return Parser(pattern).Parse(); }

}  // namespace vetor::regex
