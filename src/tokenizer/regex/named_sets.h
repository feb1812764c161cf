// What \p{..}, \s, \d, \w and \h mean to the reference: Unicode 16.0, from the tables of unicode/.
#pragma once

#include <string_view>

#include "tokenizer/regex/code_set.h"

namespace vetor::regex {

/// The set of a general category ("L", "Lu", "Uppercase_Letter") or a script ("Han"), in any case
/// and with or without spaces, hyphens and underscores. Null: no such name. Lives for the process.
const CodeSet* FindNamedSet(std::string_view name);

const CodeSet& SpaceSet();  ///< \s
const CodeSet& DigitSet();  ///< \d
const CodeSet& WordSet();   ///< \w
const CodeSet& HexSet();    ///< \h

}  // namespace vetor::regex
