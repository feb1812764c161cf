// The built-in work loads: texts by rule, the same bytes on every machine.
//
//   short    queries and titles: 6 to 16 words
//   mixed    60 % as short, 30 % of some sentences, 10 % of as many as `long`
//   long     paragraphs of about 220 tokens of a WordPiece vocabulary
//   single   as short, embedded one at a time
//
// In nine languages and four scripts, in equal parts. No text is there twice, because a copy within
// a call is computed once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor {

struct Workload {
  std::string name;
  std::vector<std::string> texts;
  bool one_at_a_time = false;
};

/// The names, in the order of reports.
std::vector<std::string> BuiltInWorkloads();

/// INVALID_ARGUMENT for a name that is none. `scale` multiplies the number of texts.
Result<Workload> MakeWorkload(std::string_view name, int scale);

/// `count` English texts of `words` words each, for sweeps over length.
std::vector<std::string> TextsOfWords(size_t words, size_t count);

}  // namespace vetor
