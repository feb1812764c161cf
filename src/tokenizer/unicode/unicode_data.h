// The reference's tables of Unicode, written as text. Normalization there is Unicode 9.0,
// categories 8.0, regular expressions 16.0 or 17.0, lowercase and whitespace 17.0, so no published
// table fits; the strings are made by tools/tokenizer/make_unicode_tables.py, which asks the
// reference itself. To move to another version of the reference, run the script and the tests.
//
// Notation, hexadecimal, separated by single spaces, ascending:
//   21-23 25        code points of a set
//   300-314=230     the same with a (decimal) value
//   C0>41.300       a code point and the sequence it becomes
//   41-5A>61        a run that moves together: 41>61, 42>62, ...
//   100-12E/2>101   the same, every second code point
#pragma once

#include <string_view>

namespace vetor::unicode {

// property_data.cc
extern const std::string_view kWhitespace;         // White_Space (Rust's char::is_whitespace)
extern const std::string_view kPunctuation;        // P*, and all ASCII punctuation
extern const std::string_view kNumeric;            // Nd, Nl, No (Rust's char::is_numeric)
extern const std::string_view kWord;               // \w of Rust's regex crate
extern const std::string_view kRemovedByCleaning;  // what BertNormalizer's clean_text drops
extern const std::string_view kSpacedIdeographs;   // what handle_chinese_chars puts spaces around
extern const std::string_view kNonspacingMarks;    // Mn, but only scalars that NFD leaves alone
extern const std::string_view kMarks;              // M*
extern const std::string_view kRegexLetters;       // \p{L} of Oniguruma
extern const std::string_view kRegexNumbers;       // \p{N}
extern const std::string_view kRegexSpaces;        // \s
extern const std::string_view kRegexWords;         // \w

// grapheme_data.cc, as far as clusters under six bytes can show them (all that Precompiled asks)
// Extend, SpacingMark and ZWJ, before which there is no break
extern const std::string_view kGraphemeJoins;
// those of them that keep a pictograph joinable (GB11)
extern const std::string_view kGraphemeExtend;
extern const std::string_view kGraphemePrepend;
extern const std::string_view kGraphemeControl;  // Control, CR, LF
extern const std::string_view kGraphemePictographic;
extern const std::string_view kConjunctConsonants;  // GB9c
extern const std::string_view kConjunctLinkers;
extern const std::string_view kConjunctExtend;

// script_data.cc
extern const std::string_view kScripts;  // one number per script; Japanese counts as Han

// The sets that \p{Lu} and \p{Han} mean to Oniguruma: the number n stands for the n-th name.
extern const std::string_view kRegexCategoryNames;  // regex_data.cc
extern const std::string_view kRegexCategories;
extern const std::string_view kRegexScriptNames;  // regex_script_data.cc
extern const std::string_view kRegexScripts;

// case_and_canonical_data.cc, compatibility_data.cc
extern const std::string_view kLowercase;
extern const std::string_view kCanonicalDecompositions;      // full and sorted; Hangul is computed
extern const std::string_view kNeverComposed;                // characters that NFC changes
extern const std::string_view kCombiningClasses;             // classes other than 0
extern const std::string_view kCompatibilityDecompositions;  // where NFKD differs from NFD

}  // namespace vetor::unicode
