#!/usr/bin/env python3
"""Freezes where the reference says that tokens stand, for tests/tokenizer/ranges_test.cc.

Usage:
    make_ranges.py UNPACKED_DIR OUT_DIR

OUT_DIR/ranges.jsonl: short texts with their ranges. OUT_DIR/golden_ranges.txt: of every text in
golden/texts.jsonl, the first eight digits of the SHA-256 of a block of 250, special tokens included.
UNPACKED_DIR is the build folder's tests/data.
Character offsets become byte offsets. Texts that begin with an escape character are left out: the
character map of XLM-R and T5 removes it, and then the reference shifts the offsets of all that follows
by one; vetor does not. Needs tokenizers==0.23.3.
"""
import hashlib
import json
import os
import sys

from make_answers import load

TEXTS = ["Hello, World!", "S\u00e3o Paulo", "  two  spaces ", "e\u0301t\u00e9", "\u4e2d\u6587 x", "a [MASK] b", "a <mask> b",
         "\uff21\uff22", "it's", "1\u20443", "\U0001f600 ok", "ha" * 60, "x\u200by", "\u0130s", "\ufb01n", "\ufb01\u0301",
         "ab \u00a0 <mask> x", "   <mask>", "  [MASK]", " "]
NAMES = ("all-minilm-l6-v2", "bert-multilingual-uncased", "all-mpnet-base-v2", "xlm-roberta-wssplit",
         "xlm-roberta-metaspace", "t5-small", "roberta-base", "modernbert", "qwen3", "gemma-shaped")
BLOCK = 250


def ranges(tokenizer, text, special):
    bytes_before = [0]
    for character in text:
        bytes_before.append(bytes_before[-1] + len(character.encode()))
    encoding = tokenizer.encode(text, add_special_tokens=special)
    return [[bytes_before[a], bytes_before[b]] for a, b in encoding.offsets]


def golden_texts(folder):
    with open(os.path.join(folder, "golden", "texts.jsonl"), encoding="ascii") as f:
        texts = [json.loads(line) for line in f]
    return [text for text in texts if not text.startswith("\x1b")]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, out_folder = sys.argv[1:]
    with open(os.path.join(out_folder, "ranges.jsonl"), "w", encoding="ascii", newline="\n") as out, \
            open(os.path.join(out_folder, "golden_ranges.txt"), "w", encoding="ascii", newline="\n") as blocks:
        golden = golden_texts(folder)
        for name in NAMES:
            tokenizer, _ = load(os.path.join(folder, "tokenizers"), name)
            for text in TEXTS:
                row = {"tokenizer": name, "text": text, "ranges": ranges(tokenizer, text, False)}
                out.write(json.dumps(row) + "\n")
            blocks.write(name)
            for begin in range(0, len(golden), BLOCK):
                lines = "".join(json.dumps(ranges(tokenizer, text, True), separators=(",", ":")) + "\n"
                                for text in golden[begin:begin + BLOCK])
                blocks.write(" " + hashlib.sha256(lines.encode()).hexdigest()[:8])
            blocks.write("\n")


if __name__ == "__main__":
    main()
