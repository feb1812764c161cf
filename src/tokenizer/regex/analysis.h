// Finds what a part of a pattern may begin with, and whether it may be empty, for the compiler.
#pragma once

#include "tokenizer/regex/syntax.h"

namespace vetor::regex {

/// The rest of the pattern after a part of it.
struct Follow {
  CodeSet first;        // the code points with which it may begin; may hold more
  bool open = true;     // true if it may match at other code points too, or at the end
  bool certain = true;  // true if it always matches
};

class Analysis {
 public:
  explicit Analysis(const Syntax& syntax) : sets_(syntax.sets) {}

  CodeSet First(const Node& node)
      const;  ///< The code points with which a non-empty match may begin; may hold more.
  bool MayBeEmpty(const Node& node) const;
  bool IsCertain(const Node& node) const;  ///< Whether the node matches everywhere.
  /// The rest from a place at which `node` stands before `follow`.
  Follow Before(const Node& node, const Follow& follow) const;
  /// The set of a node that takes one code point; null for any other node.
  const CodeSet* OneOf(const Node& node, CodeSet* own) const;
  /// How many code points every match has; false if matches differ in length.
  bool FixedLength(const Node& node, uint32_t* length) const;

 private:
  const std::vector<CodeSet>& sets_;
};

}  // namespace vetor::regex
