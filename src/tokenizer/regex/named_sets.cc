#include "tokenizer/regex/named_sets.h"

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "tokenizer/unicode/notation.h"
#include "tokenizer/unicode/unicode_data.h"

namespace vetor::regex {
namespace {

using Sets = std::unordered_map<std::string, CodeSet>;

// Writes a name as the reference compares names: in small letters, without spaces, hyphens and
// underscores.
std::string Plain(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c == ' ' || c == '-' || c == '_') continue;
    plain += AsciiLower(c);
  }
  return plain;
}

std::vector<std::string> PlainNames(std::string_view words) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin < words.size();) {
    const size_t end = std::min(words.find(' ', begin), words.size());
    names.push_back(Plain(words.substr(begin, end - begin)));
    begin = end + 1;
  }
  return names;
}

// Adds the sets of `values`, in which the number n means the n-th of `names`, counted from 1.
void AddSets(std::string_view names, std::string_view values, Sets* sets) {
  const std::vector<std::string> plain = PlainNames(names);
  std::vector<std::vector<CodeSet::Range>> ranges(plain.size());
  unicode::ForEachValuedRange(values, [&](char32_t first, char32_t last, uint32_t value) {
    if (value >= 1 && value <= ranges.size()) ranges[value - 1].push_back({first, last});
  });
  for (size_t i = 0; i < plain.size(); ++i) (*sets)[plain[i]] = CodeSet(std::move(ranges[i]));
}

CodeSet UnionOf(const Sets& sets, const std::vector<const char*>& members) {
  CodeSet all;
  for (const char* member : members) all = all.Union(sets.at(member));
  return all;
}

// Adds "L" and the like: every category that begins with that letter. Cs is left out, because no
// text has a surrogate.
void AddGroups(Sets* sets) {
  const std::pair<const char*, std::vector<const char*>> groups[] = {
      {"l", {"lu", "ll", "lt", "lm", "lo"}},
      {"lc", {"lu", "ll", "lt"}},
      {"m", {"mn", "mc", "me"}},
      {"n", {"nd", "nl", "no"}},
      {"p", {"pc", "pd", "ps", "pe", "pi", "pf", "po"}},
      {"s", {"sm", "sc", "sk", "so"}},
      {"z", {"zs", "zl", "zp"}},
      {"c", {"cc", "cf", "cn", "co"}}};
  for (const auto& [name, members] : groups) {
    (*sets)[name] = UnionOf(*sets, members);
  }
}

void AddLongNames(Sets* sets) {
  const std::pair<const char*, const char*> names[] = {{"letter", "l"},
                                                       {"casedletter", "lc"},
                                                       {"uppercaseletter", "lu"},
                                                       {"lowercaseletter", "ll"},
                                                       {"titlecaseletter", "lt"},
                                                       {"modifierletter", "lm"},
                                                       {"otherletter", "lo"},
                                                       {"mark", "m"},
                                                       {"nonspacingmark", "mn"},
                                                       {"spacingmark", "mc"},
                                                       {"enclosingmark", "me"},
                                                       {"number", "n"},
                                                       {"decimalnumber", "nd"},
                                                       {"letternumber", "nl"},
                                                       {"othernumber", "no"},
                                                       {"punctuation", "p"},
                                                       {"connectorpunctuation", "pc"},
                                                       {"dashpunctuation", "pd"},
                                                       {"openpunctuation", "ps"},
                                                       {"closepunctuation", "pe"},
                                                       {"initialpunctuation", "pi"},
                                                       {"finalpunctuation", "pf"},
                                                       {"otherpunctuation", "po"},
                                                       {"symbol", "s"},
                                                       {"mathsymbol", "sm"},
                                                       {"currencysymbol", "sc"},
                                                       {"modifiersymbol", "sk"},
                                                       {"othersymbol", "so"},
                                                       {"separator", "z"},
                                                       {"spaceseparator", "zs"},
                                                       {"lineseparator", "zl"},
                                                       {"paragraphseparator", "zp"},
                                                       {"other", "c"},
                                                       {"control", "cc"},
                                                       {"format", "cf"},
                                                       {"unassigned", "cn"},
                                                       {"privateuse", "co"}};
  for (const auto& [name, of] : names) (*sets)[name] = (*sets)[of];
}

// Never freed, because other static objects may still tokenize while the process ends.
const Sets& AllSets() {
  static const Sets& all = *new Sets([] {
    Sets sets;
    AddSets(unicode::kRegexCategoryNames, unicode::kRegexCategories, &sets);
    AddGroups(&sets);
    AddLongNames(&sets);
    AddSets(unicode::kRegexScriptNames, unicode::kRegexScripts, &sets);
    sets["any"] = CodeSet({{0, CodeSet::kLastCodePoint}});
    return sets;
  }());
  return all;
}

CodeSet SetOf(std::string_view words) {
  std::vector<CodeSet::Range> ranges;
  unicode::ForEachRange(words, [&](char32_t first, char32_t last) {
    ranges.push_back({first, last});
  });
  return CodeSet(std::move(ranges));
}

}  // namespace

const CodeSet* FindNamedSet(std::string_view name) {
  const auto found = AllSets().find(Plain(name));
  return found == AllSets().end() ? nullptr : &found->second;
}

const CodeSet& SpaceSet() {
  static const CodeSet& set = *new CodeSet(SetOf(unicode::kRegexSpaces));
  return set;
}

const CodeSet& DigitSet() { return *FindNamedSet("Nd"); }

const CodeSet& WordSet() {
  static const CodeSet& set = *new CodeSet(SetOf(unicode::kRegexWords));
  return set;
}

const CodeSet& WordSetOfClass() {
  static const CodeSet& set = *new CodeSet(
      WordSet().Intersection(CodeSet({{0xB2, 0xB3}, {0xB9, 0xB9}, {0xBC, 0xBE}}).Complement()));
  return set;
}

const CodeSet& HexSet() {
  static const CodeSet& set = *new CodeSet({{'0', '9'}, {'A', 'F'}, {'a', 'f'}});
  return set;
}

}  // namespace vetor::regex
