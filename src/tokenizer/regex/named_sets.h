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
const CodeSet& WordSet();   ///< \w outside of a class
/// \w in a class. By itself \w asks a table of Latin-1 in which the superscript digits and the
/// fractions are words; a class is made of Unicode's list, in which they are not.
const CodeSet& WordSetOfClass();
const CodeSet& HexSet();  ///< \h

}  // namespace vetor::regex
