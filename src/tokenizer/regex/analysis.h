// What a part of a pattern may begin with and whether it may be empty, for the compiler.
#pragma once

#include "tokenizer/regex/syntax.h"

namespace vetor::regex {

/// What stands after a part of the pattern.
struct Follow {
  CodeSet first;        // the code points that it may begin with, or more
  bool open = true;     // it may match where none of them is
  bool certain = true;  // it always matches
};

class Analysis {
 public:
  explicit Analysis(const Syntax& syntax) : sets_(syntax.sets) {}

  CodeSet First(const Node& node) const;  ///< What a match that is not empty begins with, or more.
  bool MayBeEmpty(const Node& node) const;
  bool IsCertain(const Node& node) const;  ///< Matches everywhere.
  /// What follows a place where `node` stands before `follow`.
  Follow Before(const Node& node, const Follow& follow) const;
  /// The set of a node that takes one code point; null: it is no such node.
  const CodeSet* OneOf(const Node& node, CodeSet* own) const;
  /// How many code points every match has; false: it differs.
  bool FixedLength(const Node& node, uint32_t* length) const;

 private:
  const std::vector<CodeSet>& sets_;
};

}  // namespace vetor::regex
