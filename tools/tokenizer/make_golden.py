#!/usr/bin/env python3
"""Freezes the ids of the reference for the golden tests of the tokenizers.

Usage:
    make_golden.py freeze UNPACKED_DIR [NAME...]   write UNPACKED_DIR/golden; then pack_test_data.py packs it
    make_golden.py one UNPACKED_DIR NAME.json      write NAME.ids beside a tokenizer that is not kept here

UNPACKED_DIR is the build folder's tests/data. Written are texts.jsonl, one JSON string a line: the traps of
tests/data/tokenizer/traps.jsonl, then lines of corpus/ in hash order; NAME.ids, a line of decimal ids for each text,
special tokens included, declared truncation and padding switched off; and NAME.pairs.jsonl, see make_pairs.py.
A tokenizer of your own joins the golden tests when NAME.json and NAME.ids lie in .deps/tokenizers before the build.
Same inputs give the same bytes. Needs tokenizers==0.23.3.
"""
import hashlib
import json
import os
import sys

import tokenizers

from make_pairs import PAIRS, pair_rows

PINNED = "0.23.3"
TRAPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/data/tokenizer/traps.jsonl")
SENTENCES_OF_LANGUAGE = 16
JOINED_OF_LANGUAGE = 24  # sentences in the one long text of a language


def in_hash_order(lines, salt):
    return sorted(dict.fromkeys(lines), key=lambda line: hashlib.sha256((salt + line).encode()).hexdigest())


def corpus_lines(folder, name):
    with open(os.path.join(folder, "corpus", name), encoding="utf-8", newline="\n") as file:
        return file.read().split("\n")[:-1]


def golden_texts(folder):
    """Traps; of each language some sentences and one long text; queries; questions, answers and paragraphs."""
    with open(TRAPS, encoding="ascii") as file:
        texts = [json.loads(line) for line in file]
    languages = {}
    for line in corpus_lines(folder, "tatoeba.tsv"):
        language, sentence = line.split("\t", 1)
        languages.setdefault(language, []).append(sentence)
    for language in sorted(languages):
        sentences = in_hash_order(languages[language], language)
        texts += sentences[:SENTENCES_OF_LANGUAGE]
        texts.append(" ".join(sentences[-JOINED_OF_LANGUAGE:]))
    texts += in_hash_order(corpus_lines(folder, "queries.txt"), "q")[:150]
    texts += in_hash_order(corpus_lines(folder, "faquad.txt"), "f")[:200]
    return list(dict.fromkeys(texts))


def load(path):
    with open(path, encoding="utf-8") as file:
        tokenizer = tokenizers.Tokenizer.from_str(file.read())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def write_ids(tokenizer, texts, path):
    with open(path, "w", encoding="ascii", newline="\n") as out:
        for encoding in tokenizer.encode_batch(texts):
            out.write(" ".join(map(str, encoding.ids)) + "\n")


def write_rows(rows, path):
    with open(path, "w", encoding="ascii", newline="\n") as out:
        for row in rows:
            out.write(json.dumps(row) + "\n")


def freeze(folder, names):
    golden = os.path.join(folder, "golden")
    os.makedirs(golden, exist_ok=True)
    texts = golden_texts(folder)
    write_rows(texts, os.path.join(golden, "texts.jsonl"))
    for name in names or sorted(file[:-5] for file in os.listdir(os.path.join(folder, "tokenizers"))):
        tokenizer = load(os.path.join(folder, "tokenizers", name + ".json"))
        write_ids(tokenizer, texts, os.path.join(golden, name + ".ids"))
        if name in PAIRS:
            write_rows(pair_rows(tokenizer), os.path.join(golden, name + ".pairs.jsonl"))
        print(name, len(texts), flush=True)


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("freeze", "one"):
        sys.exit(__doc__)
    if tokenizers.__version__ != PINNED:
        sys.exit(f"tokenizers {PINNED} expected, {tokenizers.__version__} found")
    if sys.argv[1] == "freeze":
        freeze(sys.argv[2], sys.argv[3:])
    else:
        path = sys.argv[3]
        write_ids(load(path), golden_texts(sys.argv[2]), path.removesuffix(".json") + ".ids")


if __name__ == "__main__":
    main()
