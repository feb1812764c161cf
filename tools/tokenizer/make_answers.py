#!/usr/bin/env python3
"""Freezes the reference's answers for tests/tokenizer/answers_test.cc, and explains a difference.

Usage:
    make_answers.py freeze TOKENIZERS_DIR [NAME...]   write tests/data/tokenizer/answers/NAME.txt
    make_answers.py show TOKENIZERS_DIR DUMP          DUMP: the file that a failing test names

A block is 4096 texts: either "scalars", each scalar value alone and then between the letters a and b
(2048 scalars a block), or "strings", random strings of nasty_strings.py, or "corpus", for tokenizers only,
the lines of TOKENIZERS_DIR/../corpus (its last block is shorter). Frozen is, for each block,
the first 8 hexadecimal digits of SHA-256 over its ids, one line of decimal numbers a text. Tokenizers
are NAME.json in TOKENIZERS_DIR (the build folder's tests/data/tokenizers), and the primitives of
primitives.jsonl.
Needs tokenizers==0.23.3.
"""
import hashlib
import json
import os
import sys

import tokenizers
from nasty_strings import nasty_string, read_sets

PINNED = "0.23.3"
DATA = os.path.join(os.path.dirname(__file__), "../../tests/data/tokenizer")
BLOCK = 4096
SEED = 20250711
SCALARS = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
STRINGS_OF_FAMILY = 1 << 20
STRINGS_OF_PRIMITIVE = 1 << 16


def byte_model():
    """Ids are the bytes of the text: shows what a normalizer or pre-tokenizer made of it."""
    vocab = {f"<0x{byte:02X}>": byte for byte in range(256)}
    return {"type": "BPE", "byte_fallback": True, "vocab": vocab, "merges": []}


def load(folder, name):
    with open(f"{DATA}/primitives.jsonl", encoding="ascii") as f:
        for line in f:
            row = json.loads(line)
            if row["name"] == name:
                document = {"version": "1.0", "added_tokens": [], "model": byte_model(), **row["parts"]}
                return tokenizers.Tokenizer.from_str(json.dumps(document)), STRINGS_OF_PRIMITIVE
    path = f"{folder}/{name}.json"
    if not os.path.exists(path):
        sys.exit(f"no tokenizer {name} in {folder}")
    with open(path, encoding="utf-8") as f:
        tokenizer = tokenizers.Tokenizer.from_str(f.read())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer, STRINGS_OF_FAMILY


def corpus_texts(folder):
    """Every line; of a .tsv, what follows the language."""
    texts = []
    for name in ("tatoeba.tsv", "queries.txt", "faquad.txt"):
        with open(f"{folder}/../corpus/{name}", encoding="utf-8", newline="\n") as f:
            lines = f.read().split("\n")[:-1]
        texts += [line.split("\t", 1)[1] for line in lines] if name.endswith(".tsv") else lines
    return texts


def texts_of(kind, block, sets, corpus):
    if kind == "corpus":
        return corpus[block * BLOCK:(block + 1) * BLOCK]
    if kind == "scalars":
        scalars = SCALARS[block * BLOCK // 2:(block + 1) * BLOCK // 2]
        return [text for c in scalars for text in (c, f"a{c}b")]
    return [nasty_string(sets, SEED, i) for i in range(block * BLOCK, (block + 1) * BLOCK)]


def lines_of(tokenizer, texts):
    encodings = tokenizer.encode_batch_fast(texts)
    return [" ".join(map(str, e.ids)) for e in encodings]


def freeze(folder, names):
    sets = read_sets()
    corpus = corpus_texts(folder)
    os.makedirs(f"{DATA}/answers", exist_ok=True)
    for name in names:
        tokenizer, strings = load(folder, name)
        with open(f"{DATA}/answers/{name}.txt", "w", encoding="ascii", newline="\n") as out:
            counts = {"scalars": len(SCALARS) * 2 // BLOCK, "strings": strings // BLOCK}
            if strings == STRINGS_OF_FAMILY:
                counts["corpus"] = -(-len(corpus) // BLOCK)
            for kind, blocks in counts.items():
                hashes = []
                for block in range(blocks):
                    text = "".join(line + "\n" for line in lines_of(tokenizer, texts_of(kind, block, sets, corpus)))
                    hashes.append(hashlib.sha256(text.encode()).hexdigest()[:8])
                for i in range(0, blocks, 11):
                    out.write(" ".join([kind] + hashes[i:i + 11]) + "\n")
        print(name, flush=True)


def show(folder, dump):
    with open(dump, encoding="ascii") as f:
        name, kind, block = f.readline().split()
        ours = f.read().split("\n")[:-1]
    texts = texts_of(kind, int(block), read_sets(), corpus_texts(folder))
    tokenizer, _ = load(folder, name)
    shown = 0
    for text, mine, expected in zip(texts, ours, lines_of(tokenizer, texts), strict=True):
        if mine != expected:
            print(f"{text!a}\n  reference {expected}\n  ours      {mine}")
            shown += 1
    print(f"{shown} of {len(texts)} texts differ")


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("freeze", "show"):
        sys.exit(__doc__)
    if tokenizers.__version__ != PINNED:
        sys.exit(f"tokenizers {PINNED} expected, {tokenizers.__version__} found")
    if sys.argv[1] == "show":
        return show(sys.argv[2], sys.argv[3])
    names = sys.argv[3:]
    if not names:
        names = sorted({f[:-5] for f in os.listdir(sys.argv[2]) if f.endswith(".json")})
        with open(f"{DATA}/primitives.jsonl", encoding="ascii") as f:
            names += [json.loads(line)["name"] for line in f]
    freeze(sys.argv[2], names)


if __name__ == "__main__":
    main()
