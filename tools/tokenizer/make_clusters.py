#!/usr/bin/env python3
"""Freezes what the reference's Precompiled makes of every scalar value before, between and after others.

Usage:
    make_clusters.py TOKENIZERS_DIR OUT

OUT is tests/data/tokenizer/clusters.txt, and tests/tokenizer/clusters_test.cc its reader. A line is a kind,
what stands before and after, in hexadecimal, and the first 16 digits of a SHA-256:

    counter BEFORE AFTER HASH    of the normalized form of BEFORE + scalar + AFTER, a line each, for every
                                 scalar but the line feed. The charsmap is the cluster counter (see below),
                                 which shows every cluster that Precompiled can see.
    pairs PLACE SCALAR HASH      of the normalized form of all keys of two characters in the charsmap of t5-small
                                 (nmt_nfkc, which XLM-RoBERTa has too), with the scalar before, between or after
    ids:NAME BEFORE AFTER HASH   of the ids of the same lines as for counter, 4096 lines a text, by that
                                 tokenizer of TOKENIZERS_DIR

Needs tokenizers==0.23.3.
"""
import base64
import hashlib
import json
import os
import struct
import sys

import tokenizers
from make_answers import PINNED, load
from tokenizers import normalizers

SCALARS = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF and c != 0x0A]
LINES_OF_TEXT = 4096
FAMILIES = ("t5-small", "xlm-roberta-wssplit", "xlm-roberta-metaspace")

# One character or sequence of each kind that a cluster can end in or go on from: letter, pictographs, Indic
# consonants and linkers (each in and outside the basic plane), prepended signs, Hangul, regional indicator, mark,
# joiner, control.
BEFORE = ("", "a", "\u00a9\u200d", "\U0001f600\u200d", "\u0915\u094d", "\U00011103\U00011133", "\u0600", "\U000110bd",
          "\u1100", "\uac00", "\uac01", "\U0001f1e6", "\u0301", "\u200d", "\U00013430")
AFTER = ("\u0301\u0302", "\u0344\u034a", "\u200d\u2122\u0301", "\u094d\u0958\u0301", "\U00011133\u0958\u0301", "b",
         "\u1161\u0301", "\u11a8\u0301", "\U0001f1e6\u0301", "\u2122\u0301")
BETWEEN = (("\u0344", "\u034a"), ("\u00a9", "\u200d\u2122\u0301"), ("\u0915", "\u0958\u0301"),
           ("\u0915\u094d", "\u0958\u0301"), ("\U0001f600", "\u200d\u2122\u0301"), ("\U00011103", "\u0958\u0301"))
CONTEXTS = [(before, "\u0301") for before in BEFORE] + [("", after) for after in AFTER] + list(BETWEEN)
ID_CONTEXTS = (("", "\u0344\u034a"), ("\u0344", "\u034a"), ("\u0344\u034a", ""), ("", "\u200d\u2122\u0301"))
# Scalars of each kind for the pairs.
KINDS = ("a", "\u00e9", "\u00ad", "\u00a9", "\u0301", "\u034a", "\u0600", "\u0903", "\u0915", "\u094d", "\u1100", "\u1161",
         "\u11a8", "\u200b", "\u200d", "\u2122", "\uac00", "\ufe0f", "\ufeff", "\uffa1", "\U000110bd", "\U00011103",
         "\U00011133", "\U00013430", "\U0001d165", "\U0001d7be", "\U0001f1e6", "\U0001f3fb", "\U0001f600", "\U000e0001",
         "\U000e0100", "\U000e01f0")


def cluster_counter():
    """One Y for a cluster under six bytes and for each character of a longer one; a line feed stays."""
    units = [0] * 768
    units[0] = 256 << 10
    for byte in range(1, 256):
        if byte != 0x0A:
            units[256 + byte] = byte | 1 << 8 | (512 ^ (256 + byte)) << 10
    units[512] = 1 << 31
    blob = b"".join(struct.pack("<I", unit) for unit in units)
    return normalizers.Precompiled(struct.pack("<I", len(blob)) + blob + b"Y\0")


def keys_of(charsmap):
    """The keys of a charsmap, in the order of their bytes."""
    size = struct.unpack_from("<I", charsmap)[0]
    units = struct.unpack_from(f"<{size // 4}I", charsmap, 4)
    offset = lambda unit: (unit >> 10) << ((unit & 1 << 9) >> 6)
    keys, open_nodes = [], [(offset(units[0]), b"")]
    while open_nodes:
        at, key = open_nodes.pop()
        for byte in range(1, 256):
            place = at ^ byte
            if place < len(units) and units[place] & 0x800000FF == byte:
                longer = key + bytes([byte])
                if units[place] >> 8 & 1:
                    keys.append(longer)
                open_nodes.append((place ^ offset(units[place]), longer))
    return [key.decode() for key in sorted(keys)]


def digits(text):
    return ".".join(f"{ord(c):X}" for c in text) or "-"


def frozen(data):
    return hashlib.sha256(data.encode()).hexdigest()[:16]


def pair_lines(pairs, place, scalar):
    if place == "before":
        return "".join(f"{scalar}{pair}\n" for pair in pairs)
    if place == "after":
        return "".join(f"{pair}{scalar}\n" for pair in pairs)
    return "".join(f"{pair[0]}{scalar}{pair[1]}\n" for pair in pairs)


def id_lines(tokenizer, before, after):
    texts = ["".join(f"{before}{c}{after}\n" for c in SCALARS[i:i + LINES_OF_TEXT])
             for i in range(0, len(SCALARS), LINES_OF_TEXT)]
    return "".join(" ".join(map(str, e.ids)) + "\n" for e in tokenizer.encode_batch_fast(texts))


def answers(folder):
    counter = cluster_counter()
    for before, after in CONTEXTS:
        normalized = counter.normalize_str("".join(f"{before}{c}{after}\n" for c in SCALARS))
        yield f"counter {digits(before)} {digits(after)} {frozen(normalized)}"
    with open(f"{folder}/t5-small.json", encoding="utf-8") as f:
        charsmap = base64.b64decode(json.load(f)["normalizer"]["precompiled_charsmap"])
    pairs = [key for key in keys_of(charsmap) if len(key) == 2]
    normalizer = normalizers.Precompiled(charsmap)
    for scalar in KINDS:
        for place in ("before", "between", "after"):
            yield f"pairs {place} {digits(scalar)} {frozen(normalizer.normalize_str(pair_lines(pairs, place, scalar)))}"
    for name in FAMILIES:
        tokenizer, _ = load(folder, name)
        for before, after in ID_CONTEXTS:
            yield f"ids:{name} {digits(before)} {digits(after)} {frozen(id_lines(tokenizer, before, after))}"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if tokenizers.__version__ != PINNED:
        sys.exit(f"tokenizers {PINNED} expected, {tokenizers.__version__} found")
    with open(sys.argv[2], "w", encoding="ascii", newline="\n") as out:
        out.write(f"# Made by tools/tokenizer/{os.path.basename(__file__)} from answers of tokenizers {PINNED}.\n")
        for line in answers(sys.argv[1]):
            out.write(line + "\n")
            out.flush()


if __name__ == "__main__":
    main()
