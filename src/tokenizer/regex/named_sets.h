// The sets that \p{..}, \s, \d, \w and \h mean to the reference: Unicode 16.0, from the tables of
// unicode/.
#pragma once

#include <string_view>

#include "tokenizer/regex/code_set.h"

namespace vetor::regex {

/// The set of a general category ("L", "Lu", "Uppercase_Letter") or a script ("Han"), in any case
/// and with or without spaces, hyphens and underscores. Null if there is no such name. Lives as
/// long as the process.
const CodeSet* FindNamedSet(std::string_view name);

const CodeSet& SpaceSet();  ///< \s
const CodeSet& DigitSet();  ///< \d
const CodeSet& WordSet();   ///< \w outside of a class
/// \w inside a class. Outside of one, the reference asks a table of Latin-1, in which superscript
/// digits and fractions are word characters; a class is made from Unicode's list, in which they are
/// not.
const CodeSet& WordSetOfClass();
const CodeSet& HexSet();  ///< \h

}  // namespace vetor::regex
