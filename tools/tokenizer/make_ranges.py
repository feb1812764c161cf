#!/usr/bin/env python3
"""Freezes where the reference says that tokens stand: tests/data/tokenizer/ranges.jsonl.

Usage:
    make_ranges.py TOKENIZERS_DIR OUT

Character offsets become byte offsets. Needs tokenizers==0.23.3.
"""
import json
import sys

from make_answers import load

TEXTS = ["Hello, World!", "S\u00e3o Paulo", "  two  spaces ", "e\u0301t\u00e9", "\u4e2d\u6587 x", "a [MASK] b", "a <mask> b",
         "\uff21\uff22", "it's", "1\u20443", "\U0001f600 ok", "ha" * 60, "x\u200by", "\u0130s", "\ufb01n"]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[2], "w", encoding="ascii", newline="\n") as out:
        for name in ("all-minilm-l6-v2", "xlm-roberta-wssplit", "t5-small"):
            tokenizer, _ = load(sys.argv[1], name)
            for text in TEXTS:
                bytes_before = [len(text[:i].encode()) for i in range(len(text) + 1)]
                encoding = tokenizer.encode(text, add_special_tokens=False)
                ranges = [[bytes_before[a], bytes_before[b]] for a, b in encoding.offsets]
                out.write(json.dumps({"tokenizer": name, "text": text, "ranges": ranges}) + "\n")


if __name__ == "__main__":
    main()
