// A set of code points, kept as ascending ranges. It holds a class of a regular expression while
// the expression is read and compiled.
#pragma once

#include <vector>

namespace vetor::regex {

class CodeSet {
 public:
  static constexpr char32_t kLastCodePoint = 0x10FFFF;

  struct Range {
    char32_t first;
    char32_t last;
    bool operator==(const Range& other) const { return first == other.first && last == other.last; }
  };

  CodeSet() = default;
  /// The ranges may be in any order, and may overlap.
  explicit CodeSet(std::vector<Range> ranges);
  static CodeSet Of(char32_t c) { return CodeSet({{c, c}}); }

  const std::vector<Range>& ranges() const { return ranges_; }
  bool empty() const { return ranges_.empty(); }
  bool Contains(char32_t c) const;
  bool operator==(const CodeSet& other) const { return ranges_ == other.ranges_; }

  CodeSet Union(const CodeSet& other) const;
  CodeSet Intersection(const CodeSet& other) const;
  CodeSet Complement() const;
  bool Meets(const CodeSet& other) const;

 private:
  void Join();

  std::vector<Range> ranges_;
};

}  // namespace vetor::regex
