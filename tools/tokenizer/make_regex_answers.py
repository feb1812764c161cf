#!/usr/bin/env python3
"""Freezes the reference's answers for tests/tokenizer/regex_answers_test.cc in tests/data/tokenizer/regex.

Usage:
    make_regex_answers.py freeze          write all files, and the seeds in tests/data/fuzz/regex
    make_regex_answers.py show NAME DUMP  the texts of a block that differs; DUMP: the file that a failing test names

patterns.jsonl   the patterns of public_patterns.py, as parts of a tokenizer.json
answers.txt      for each of them and each kind of text, a hash for each block of texts (texts_of)
random.jsonl     random patterns, each with a hash over the strings of one block
properties.txt   the names of \\p{..} with the number of their scalar values and a hash of these
files.jsonl      texts with their ids by the tokenizer.json files beside it
Hashes are the first 8 hexadecimal digits of SHA-256, over one line of decimal ids a text. Needs tokenizers==0.23.3.
"""
import hashlib
import json
import os
import random
import sys
import tarfile

import probe_oracle
import public_patterns
import tokenizers
from make_answers import byte_model
from nasty_strings import nasty_string, read_sets

TESTS = os.path.join(os.path.dirname(__file__), "../../tests/data")
DATA = f"{TESTS}/tokenizer/regex"
SEED = 20251128
STRINGS = 4096
STRINGS_OF_RANDOM_PATTERN = 64
RANDOM_PATTERNS = 1200
BLOCK = 2048
SCALARS = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def string(sets, index):
    """Three random strings as one."""
    return "".join(nasty_string(sets, SEED, 3 * index + i) for i in range(3))


def strings():
    sets = read_sets(f"{DATA}/sets.txt")
    return [string(sets, i) for i in range(STRINGS)]


def scalars():
    """2048 scalar values a text: those of the first 28, and of each thirty-second after them."""
    chunks = range(len(SCALARS) // 2048)
    return ["".join(f"a{c}1 {c}" for c in SCALARS[n * 2048:(n + 1) * 2048]) for n in chunks if n < 28 or n % 32 == 0]


def corpus():
    """Each thirty-second line."""
    with tarfile.open(f"{TESTS}/packed/corpus.tar.xz") as archive:
        lines = archive.extractfile("corpus/tatoeba.tsv").read().decode().split("\n")[:-1]
    return [line.split("\t", 1)[1] for line in lines[::32]]


def tokenizer_of(parts):
    return tokenizers.Tokenizer.from_str(
        json.dumps({"version": "1.0", "added_tokens": [], "model": byte_model(), **parts}))


def lines_of(tokenizer, texts):
    return "".join(" ".join(map(str, e.ids)) + "\n" for e in tokenizer.encode_batch_fast(texts))


def hash_of(text):
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def blocks_of(tokenizer, texts):
    return [hash_of(lines_of(tokenizer, texts[i:i + BLOCK])) for i in range(0, len(texts), BLOCK)]


CLASSES = (
    r"a b B s 1  \n é 日 \s \S \d \w \W \p{L} \p{Lu} \p{N} \P{L} \p{M} \p{P} [a-c] [^a-c] [\s\d] [^\s\p{L}\p{N}] "
    r"[\p{L}&&[^a]] [^a[b1]] . \h \r ' ! \. [\r\n] \p{Han} \u0061 \x{e9}").split(" ")
FOLDED = r"a b k ' 1 s [a-c] [ks] \s t [^ab]".split(" ")
QUANTIFIERS = "* + ? {2} {1,3} {2,} {,2} {0,1} + * ?".split(" ")


class PatternMaker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def atom(self, depth, fold):
        roll, pick = self.random.random(), self.random.choice
        if fold:
            return pick(FOLDED)
        if depth > 0 and roll < 0.25:
            return f"({pick(['', '?:', '?>', '?:'])}{self.alternation(depth - 1, fold)})"
        if depth > 0 and roll < 0.3:
            return f"(?i:{self.alternation(depth - 1, True)})"
        return pick(CLASSES) or " "

    def quantifier(self):
        if self.random.random() < 0.5:
            return ""
        roll = self.random.random()
        return self.random.choice(QUANTIFIERS) + ("?" if roll < 0.2 else "+" if roll < 0.35 else "")

    def sequence(self, depth, fold):
        out, pick = "", self.random.choice
        for _ in range(pick([1, 1, 2, 2, 3, 4])):
            roll = self.random.random()
            if roll < 0.08:
                out += pick(["^", "$", r"\b", r"\B", r"\A", r"\z", r"\Z"])
            elif roll < 0.15 and depth > 0:
                out += f"({pick(['?=', '?!'])}{self.alternation(depth - 1, fold)})"
            elif roll < 0.18:
                out += f"({pick(['?<=', '?<!'])}{pick(['a', 'ab', 'a|bc', '[a1] |b', 'a{2}'])})"
            else:
                out += self.atom(depth, fold) + self.quantifier()
        return out

    def alternation(self, depth, fold):
        return "|".join(self.sequence(depth, fold) for _ in range(self.random.choice([1, 1, 2, 3])))


def random_patterns():
    maker = PatternMaker(SEED)
    while True:
        pattern = maker.alternation(2, False)
        try:
            tokenizers.Regex(pattern)
        except Exception:  # e.g. a quantifier of a lookahead
            continue
        yield pattern


def split_by(pattern):
    steps = [{"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
             {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": False}]
    return {"pre_tokenizer": {"type": "Sequence", "pretokenizers": steps}}


def write(name, lines):
    with open(f"{DATA}/{name}", "w", encoding="ascii", newline="\n") as f:
        f.writelines(line + "\n" for line in lines)
    print(name, len(lines), flush=True)


def freeze():
    write_fuzz_seeds()
    kinds = {"scalars": scalars(), "strings": strings(), "corpus": corpus()}
    rows = public_patterns.parts()
    write("patterns.jsonl", [json.dumps({"name": name, "parts": parts}) for name, parts in rows.items()])
    write("answers.txt", [" ".join([name, kind, *blocks_of(tokenizer_of(parts), texts)])
                          for name, parts in rows.items() for kind, texts in kinds.items()])
    few = kinds["strings"][:STRINGS_OF_RANDOM_PATTERN]
    makes = random_patterns()
    frozen = []
    while len(frozen) < RANDOM_PATTERNS:
        pattern = next(makes)
        try:
            frozen.append(json.dumps([pattern, hash_of(lines_of(tokenizer_of(split_by(pattern)), few))]))
        except BaseException as panic:  # a bound of the reference
            print("left out:", pattern, str(panic)[:80])
    write("random.jsonl", frozen)
    names = ["L", "LC", "M", "N", "P", "S", "Z", "C", *probe_oracle.REGEX_CATEGORIES, *probe_oracle.REGEX_SCRIPTS,
             "Letter", "Uppercase_Letter", "Decimal_Number", "any"]
    members = {f"\\p{{{name}}}": probe_oracle.matching(f"\\p{{{name}}}") for name in names}
    members |= {escape: probe_oracle.matching(escape) for escape in (r"\s", r"\d", r"\w", r"\h")}
    write("properties.txt", [f"{name} {len(found)} {hash_of(' '.join(map(str, sorted(found))))}"
                             for name, found in members.items()])
    write("files.jsonl", [json.dumps({"file": name, "text": text, "ids": loaded.encode(text).ids})
                          for name in ("deberta_v2", "barthez", "mbart")
                          for loaded in [tokenizers.Tokenizer.from_file(f"{DATA}/{name}.json")]
                          for text in FILE_TEXTS])


def write_fuzz_seeds():
    """One for each expression of public_patterns: see tests/fuzz/tokenizer/regex_fuzzer.cc."""
    text = "It's  12345 r\u0301ace\r\n\t\u4e00\u3042 !? DON'T \u2581\u2581x<a>  "
    folder = f"{TESTS}/fuzz/regex"
    os.makedirs(folder, exist_ok=True)
    expressions = {}
    for name, (_, _, list_of_name) in public_patterns.SPLITS.items():
        expressions |= {f"{name}_{i}": e for i, e in enumerate(list_of_name)}
    for name, replaces in public_patterns.REPLACES.items():
        expressions |= {f"{name}_{i}": e for i, (e, _) in enumerate(replaces)}
    for number, (name, expression) in enumerate(expressions.items()):
        with open(f"{folder}/{name}", "wb") as f:
            f.write(bytes([number % 7]) + expression.encode() + b"\0" + text.encode())


FILE_TEXTS = [
    "", "Hello World a São Paulo", "the quick\tbrown  fox\njumps over\r\n\r\nthe lazy dog  ", " \u2581\u2581", "\u2581",
    "a \u2581b", "hello \u00a0 world\u3000\u2028x", "[CLS] the\n[SEP]", "<mask>  full\tIt's 5 £", "\n\n\n", "é e\u0301\t\tï",
    "I   llu\u0085 \u0085st", "  \u2581  \u2581  ", "do\n\u2581\n\u2581la da",
]


def show(name, dump):
    with open(dump, encoding="ascii") as f:
        kind, block = f.readline().split()
        ours = f.read().split("\n")
    texts = {"scalars": scalars, "strings": strings, "corpus": corpus}[kind]()[int(block) * BLOCK:][:BLOCK]
    theirs = lines_of(tokenizer_of(public_patterns.parts()[name]), texts).split("\n")
    for text, mine, expected in zip(texts, ours, theirs):
        if mine != expected:
            print(f"{text!a}\n  reference {expected}\n  ours      {mine}")


if __name__ == "__main__":
    if tokenizers.__version__ != probe_oracle.PINNED:
        sys.exit(f"tokenizers {probe_oracle.PINNED} expected, {tokenizers.__version__} found")
    if sys.argv[1:2] == ["freeze"]:
        freeze()
    elif sys.argv[1:2] == ["show"]:
        show(sys.argv[2], sys.argv[3])
    else:
        sys.exit(__doc__)
