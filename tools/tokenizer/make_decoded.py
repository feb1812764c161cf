#!/usr/bin/env python3
"""Freezes the reference's texts for ids, for tests/tokenizer/decode_test.cc.

Usage: make_decoded.py UNPACKED_DIR OUT.jsonl

UNPACKED_DIR is the build folder's tests/data. A line is a tokenizer with digests, {"tokenizer", "golden", "single",
"random"}, or a decoder of its own with a list of tokens and their text, {"decoder", "tokens", "text"}. A digest is the first
8 hexadecimal digits of SHA-256 over the texts of one block, each followed by a zero byte:
    golden   256 rows of golden/NAME.ids, each without and then with its special tokens
    single   4096 ids, each alone, special tokens kept
    random   256 lists of ids (random_ids), each without and then with special tokens
Needs tokenizers==0.23.3.
"""
import hashlib
import json
import os
import sys

import tokenizers

PINNED = "0.23.3"
RANDOM_LISTS = 2048
MASK = (1 << 64) - 1
META = "\u2581"
LLAMA = [{"type": "Replace", "pattern": {"String": META}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
         {"type": "Strip", "content": " ", "start": 1, "stop": 0}]
DECODERS = [
    None,
    {"type": "WordPiece", "prefix": "##", "cleanup": True},
    {"type": "WordPiece", "prefix": "##", "cleanup": False},
    {"type": "WordPiece", "prefix": "", "cleanup": True},
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    {"type": "Metaspace", "replacement": META, "prepend_scheme": "always", "split": True},
    {"type": "Metaspace", "replacement": META, "prepend_scheme": "first", "split": False},
    {"type": "Metaspace", "replacement": META, "prepend_scheme": "never"},
    {"type": "Metaspace", "replacement": META, "str_rep": META, "add_prefix_space": True},
    {"type": "BPEDecoder", "suffix": "</w>"},
    {"type": "BPEDecoder", "suffix": ""},
    {"type": "ByteFallback"},
    {"type": "Fuse"},
    {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    {"type": "Strip", "content": "\u00e9", "start": 2, "stop": 0},
    {"type": "Strip", "content": "a", "start": 0, "stop": 1},
    {"type": "Replace", "pattern": {"String": META}, "content": " "},
    {"type": "Replace", "pattern": {"Regex": "(a)|b*"}, "content": "$1."},
    {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": True},
    {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": False},
    {"type": "CTC", "pad_token": "", "word_delimiter_token": "", "cleanup": True},
    {"type": "Sequence", "decoders": []},
    {"type": "Sequence", "decoders": LLAMA},
    {"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "WordPiece", "prefix": "##", "cleanup": True}]},
]
TOKENS = ["a", "ab", "abba", "##a", "##", "a##b", ".", ",", "'", " ' ", "n't", "don", "do not", " do not", "'m", "'s", "'ve", "'re",
          "?", "!", META, META + "a", META + META + "b" + META, " ", " a ", "  ", "\u00e9", "\u00e9\u00e9\u00e9", "\u00c3", "\u00a9",
          "\u0120a", "\u0122", "\u00e2\u0124", "\u0144", "<0x41>", "<0xC3>", "<0xa9>", "<0xE5>", "<0x+A>", "<0x4>", "<0xGG>",
          "<0x\u00e9>", "a</w>", "</w>", "b</w>c</w>", "<pad>", "|", "x<pad>|", "\U0001f3c1", "e\u0301"]


class Numbers:
    """The numbers of a linear congruential generator; the test has the same."""

    def __init__(self):
        self.state = 20261129

    def below(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.state >> 33) % bound


def random_ids(numbers, bound):
    return [numbers.below(bound) for _ in range(1 + numbers.below(24))]


def digests(texts, block):
    found = []
    for begin in range(0, len(texts), block):
        joined = "".join(text + "\0" for text in texts[begin:begin + block])
        found.append(hashlib.sha256(joined.encode()).hexdigest()[:8])
    return " ".join(found)


def both(tokenizer, rows):
    return [tokenizer.decode(row, skip_special_tokens=skip) for row in rows for skip in (True, False)]


def row_of_tokenizer(folder, name):
    with open(os.path.join(folder, "tokenizers", name + ".json"), encoding="utf-8") as file:
        tokenizer = tokenizers.Tokenizer.from_str(file.read())
    with open(os.path.join(folder, "golden", name + ".ids"), encoding="ascii") as file:
        golden = [[int(word) for word in line.split()] for line in file]
    bound = tokenizer.get_vocab_size()
    if any(tokenizer.id_to_token(i) is None for i in range(bound)):
        sys.exit(f"{name}: expected a token for each id below {bound}")
    numbers = Numbers()
    lists = [random_ids(numbers, bound) for _ in range(RANDOM_LISTS)]
    single = [tokenizer.decode([i], skip_special_tokens=False) for i in range(bound)]
    return {"tokenizer": name, "golden": digests(both(tokenizer, golden), 512), "single": digests(single, 4096),
            "random": digests(both(tokenizer, lists), 512)}


def rows_of_decoder(decoder):
    vocab = {token: i for i, token in enumerate(TOKENS)}
    document = {"version": "1.0", "added_tokens": [], "decoder": decoder,
                "model": {"type": "WordLevel", "vocab": vocab, "unk_token": TOKENS[0]}}
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(document))
    numbers = Numbers()
    lists = [[], list(range(len(TOKENS)))] + [random_ids(numbers, len(TOKENS)) for _ in range(6)]
    for ids in lists:
        yield {"decoder": decoder, "tokens": [TOKENS[i] for i in ids], "text": tokenizer.decode(ids)}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if tokenizers.__version__ != PINNED:
        sys.exit(f"tokenizers {PINNED} expected, {tokenizers.__version__} found")
    names = sorted(file[:-5] for file in os.listdir(os.path.join(sys.argv[1], "tokenizers")))
    rows = [row_of_tokenizer(sys.argv[1], name) for name in names]
    rows += [row for decoder in DECODERS for row in rows_of_decoder(decoder)]
    with open(sys.argv[2], "w", encoding="ascii", newline="\n") as out:
        for row in rows:
            out.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
