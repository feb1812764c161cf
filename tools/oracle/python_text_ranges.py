#!/usr/bin/env python3
"""Write src/backend/hashing/python_text_ranges.inc: how Python sees single characters.

scikit-learn's HashingVectorizer lower-cases with str.lower() and finds words with the regular
expression class \\w. Both follow the Unicode version of the interpreter's unicodedata module, so
this script wants the interpreter whose answers vetor promises: Python 3.11, Unicode 14.0.0.

    python3.11 tools/oracle/python_text_ranges.py > src/backend/hashing/python_text_ranges.inc
"""

import re
import sys
import unicodedata

UNICODE = "14.0.0"
CAPITAL_SIGMA = "\u03a3"
FINAL_SIGMA = "\u03c2"
CAPITAL_I_WITH_DOT = 0x130  # The only character whose lower case has two characters.

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def is_cased(c):
    """Cased and not case-ignorable, seen through str.lower()'s rule for the final sigma."""
    return (chr(c) + CAPITAL_SIGMA).lower().endswith(FINAL_SIGMA)


def is_ignorable(c):
    """The rule looks past this character."""
    return not is_cased(c) and ("A" + chr(c) + CAPITAL_SIGMA).lower().endswith(FINAL_SIGMA)


def ranges(codes):
    """[(first, last)] of a sorted list."""
    out = []
    for c in codes:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def lower_ranges():
    """[(first, last, stride, delta)]: every stride-th character of a range moves by delta."""
    out = []
    for c in SCALARS:
        if c == CAPITAL_I_WITH_DOT:
            continue
        lower = chr(c).lower()
        if len(lower) != 1:
            sys.exit(f"U+{c:04X} has a lower case of {len(lower)} characters: not foreseen")
        delta = ord(lower) - c
        if delta == 0:
            continue
        last = out[-1] if out else None
        if last and last[3] == delta and last[1] == last[0] and c - last[1] in (1, 2):
            last[1], last[2] = c, c - last[1]
        elif last and last[3] == delta and last[2] == c - last[1]:
            last[1] = c
        else:
            out.append([c, c, 1, delta])
    return out


def show(declaration, rows):
    print(f"constexpr {declaration}[] = {{")
    line = "   "
    for row in rows:
        item = " {" + ", ".join(row) + "},"
        if len(line) + len(item) > 100:
            print(line)
            line = "   "
        line += item
    print(line)
    print("};")


def hexadecimal(rows):
    return [[f"0x{first:X}", f"0x{last:X}"] for first, last in rows]


def main():
    if unicodedata.unidata_version != UNICODE:
        sys.exit(f"Unicode {UNICODE} wanted, this Python has {unicodedata.unidata_version}")
    is_word = re.compile(r"(?u)\w").match
    print(f"// Written by tools/oracle/python_text_ranges.py from Unicode {UNICODE}; do not edit.")
    print("// clang-format off")
    print("\n// re's \\w: str.isalnum() or '_'.")
    show("CodeRange kWordRanges", hexadecimal(ranges([c for c in SCALARS if is_word(chr(c))])))
    print("\n// Before or after a capital sigma these make it one inside a word.")
    show("CodeRange kCasedRanges", hexadecimal(ranges([c for c in SCALARS if is_cased(c)])))
    print("\n// Between them and the sigma these do not count.")
    show("CodeRange kIgnorableRanges", hexadecimal(ranges([c for c in SCALARS if is_ignorable(c)])))
    print("\n// str.lower() of one character: every stride-th one of first to last moves by delta.")
    rows = [[f"0x{f:X}", f"0x{l:X}", str(s), str(d)] for f, l, s, d in lower_ranges()]
    show("LowerRange kLowerRanges", rows)
    print("// clang-format on")


main()
