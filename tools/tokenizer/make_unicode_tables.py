#!/usr/bin/env python3
"""Writes src/tokenizer/unicode/*_data.cc from the answers of the pinned reference implementation.

Usage:
    make_unicode_tables.py OUT_DIR

Needs tokenizers==0.23.3. Combining class numbers come from Python's unicodedata and are checked
against the reference. Deterministic: the same package gives the same bytes.
"""
import sys

import probe_oracle as probe
import tokenizers

HEADER = """// Made by tools/tokenizer/make_unicode_tables.py from answers of tokenizers {version}. Do not edit.
// Notation: unicode_data.h.
#include "tokenizer/unicode/unicode_data.h"

// clang-format off
namespace vetor::unicode {{
"""
FOOTER = """
}  // namespace vetor::unicode
"""


def ranges(scalars):
    """21-23 25: hexadecimal, ascending. Surrogates cannot occur in text and bridge ranges."""
    out = []
    for c in sorted(scalars):
        if out and (c == out[-1][1] + 1 or (c == 0xE000 and out[-1][1] == 0xD7FF)):
            out[-1][1] = c
        else:
            out.append([c, c])
    return [f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in out]


def valued_ranges(values):
    out = []
    for c, value in sorted(values.items()):
        if out and c == out[-1][1] + 1 and value == out[-1][2]:
            out[-1][1] = c
        else:
            out.append([c, c, value])
    return [f"{a:X}={v}" if a == b else f"{a:X}-{b:X}={v}" for a, b, v in out]


def mappings(table):
    """C0>41.300 for a sequence; 41-5A>61 for a run of single targets that move together;
    100-12E/2>101 where only every second scalar has one."""
    out = []
    for c, target in sorted(table.items()):
        last = out[-1] if out else None
        if last and len(target) == len(last[3]) == 1:
            step = c - last[1]
            if (step == last[2] or (last[2] == 0 and step in (1, 2))) and ord(target) - c == ord(last[3]) - last[0]:
                last[1], last[2] = c, step
                continue
        out.append([c, c, 0, target])
    words = []
    for first, end, step, target in out:
        source = f"{first:X}" if step == 0 else f"{first:X}-{end:X}" + ("/2" if step == 2 else "")
        words.append(source + ">" + ".".join(f"{ord(t):X}" for t in target))
    return words


def literal(name, words):
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) > 92:
            lines.append(line)
            line = ""
        line += word + " "
    lines.append(line.rstrip())
    return f"\nconst std::string_view k{name} =\n" + "\n".join(f'    "{text}"' for text in lines) + ";\n"


def write(path, parts):
    text = HEADER.format(version=tokenizers.__version__)
    text += "".join(literal(name, words) for name, words in parts) + FOOTER
    with open(path, "w", encoding="ascii", newline="\n") as f:
        f.write(text)
    print(path, len(text), "bytes", text.count("\n"), "lines")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if tokenizers.__version__ != probe.PINNED:
        sys.exit(f"tokenizers {probe.PINNED} expected, {tokenizers.__version__} found")
    out = sys.argv[1]
    graphemes = probe.grapheme_classes()
    write(f"{out}/property_data.cc", [
        ("Whitespace", ranges(probe.whitespace())),
        ("Punctuation", ranges(probe.punctuation())),
        ("Numeric", ranges(probe.numeric())),
        ("Word", ranges(probe.word())),
        ("RemovedByCleaning", ranges(probe.removed_by_cleaning())),
        ("SpacedIdeographs", ranges(probe.spaced_ideographs())),
        ("NonspacingMarks", ranges(probe.nonspacing_marks())),
        ("Marks", ranges(probe.marks())),
        ("RegexLetters", ranges(probe.matching(r"\p{L}"))),
        ("RegexNumbers", ranges(probe.matching(r"\p{N}"))),
        ("RegexSpaces", ranges(probe.matching(r"\s"))),
        ("RegexWords", ranges(probe.matching(r"\w"))),
    ])
    write(f"{out}/grapheme_data.cc", [
        ("GraphemeJoins", ranges(graphemes["joins"])),
        ("GraphemeExtend", ranges(graphemes["extend"])),
        ("GraphemePrepend", ranges(graphemes["prepend"])),
        ("GraphemeControl", ranges(graphemes["control"])),
        ("GraphemePictographic", ranges(graphemes["pictographic"])),
        ("ConjunctConsonants", ranges(graphemes["consonant"])),
        ("ConjunctLinkers", ranges(graphemes["linker"])),
        ("ConjunctExtend", ranges(graphemes["conjunct_extend"])),
    ])
    write(f"{out}/case_and_canonical_data.cc", [
        ("Lowercase", mappings(probe.lowercase())),
        ("CanonicalDecompositions", mappings(probe.canonical())),
        ("NeverComposed", ranges(probe.never_composed())),
        ("CombiningClasses", valued_ranges(probe.combining_classes())),
    ])
    write(f"{out}/script_data.cc", [("Scripts", valued_ranges(probe.scripts()))])
    write(f"{out}/regex_data.cc", [
        ("RegexCategoryNames", probe.REGEX_CATEGORIES),
        ("RegexCategories", valued_ranges(probe.regex_values(probe.REGEX_CATEGORIES))),
    ])
    write(f"{out}/regex_script_data.cc", [
        ("RegexScriptNames", probe.REGEX_SCRIPTS),
        ("RegexScripts", valued_ranges(probe.regex_scripts())),
    ])
    write(f"{out}/compatibility_data.cc", [
        ("CompatibilityDecompositions", mappings(probe.compatibility())),
    ])


if __name__ == "__main__":
    main()
