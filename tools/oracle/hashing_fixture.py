#!/usr/bin/env python3
"""Freeze what scikit-learn's HashingVectorizer answers, for tests/backend/hashing.

Needs Python 3.11 (Unicode 14.0.0) and scikit-learn 1.9.1 from PyPI:

    python tools/oracle/hashing_fixture.py DATA tests/data/hashing

DATA is tests/data in the build folder, unpacked from tests/data/packed. Written:
    tatoeba.tsv      the first sentences of each language of corpus/tatoeba.tsv (CC BY 2.0 FR)
    examples.json    a few texts with their non-zero components, to read when something fails
    digests.json     for each set of texts, a digest of each block of vectors or words
A digest is the first 8 bytes of SHA-256 over float32 little-endian rows, or over words.
"""

import hashlib
import json
import pathlib
import sys
import unicodedata

import sklearn
from sklearn.feature_extraction.text import HashingVectorizer

UNICODE = "14.0.0"
SKLEARN = "1.9.1"
SENTENCES_PER_LANGUAGE = 5
TEXTS_PER_BLOCK = 1024
SCALARS_PER_BLOCK = 4096
DIMS = (256, 1000)
RANDOM_SEED = 20261124
RANDOM_TEXTS = 8192
RANDOM_DIM = 97

EXAMPLES = [
    "F1 Grande Prêmio do Brasil",
    "MotoGP Argentina",
    "GP de São Paulo - GP de São Paulo",
    "Formula 1 Heineken Silver Las Vegas Grand Prix 2024",
    "ΟΔΥΣΣΕΥΣ ΣΑΣ Σ ΑΣ' ΑΣ'Α",
    "İSTANBUL PARKI, I\u0307stanbul",
    "Гран-при России в Сочи",
    "日本グランプリ 鈴鹿",
    "バーレーンGP 🏁 🏎️",
    "snake_case 2x4 ½ a b c d",
    "don't e\u0301te\u0301 été",
    "",
    "a b c",
    "akqlrggi",  # Its hash is -2^31, whose absolute value is no int32.
]


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def vectors(texts, dim, norm="l2"):
    vectorizer = HashingVectorizer(
        n_features=dim, ngram_range=(1, 2), norm=norm, alternate_sign=True
    )
    return vectorizer.transform(texts).toarray().astype("<f4")


def blocks(texts, size=TEXTS_PER_BLOCK):
    return [texts[i : i + size] for i in range(0, len(texts), size)]


def vector_digests(texts, dim, norm="l2"):
    return " ".join(digest(vectors(block, dim, norm).tobytes()) for block in blocks(texts))


def lines(text):
    return text.removesuffix("\n").split("\n")


def unpacked_sets(data):
    """(name, texts): every text of the corpus, and the hostile files that are UTF-8."""
    for path in sorted((data / "corpus").iterdir()):
        texts = lines(path.read_bytes().decode())
        if path.suffix == ".tsv":
            texts = [text.split("\t", 1)[1] for text in texts]
        yield f"corpus/{path.name}", texts
    for path in sorted((data / "hostile").glob("*.txt")):
        try:
            yield f"hostile/{path.name}", [path.read_bytes().decode()]
        except UnicodeDecodeError:
            pass


def sample(data):
    """The first sentences of each language, as lines."""
    seen = {}
    kept = []
    for row in lines((data / "corpus/tatoeba.tsv").read_bytes().decode()):
        language = row.split("\t")[0]
        seen[language] = seen.get(language, 0) + 1
        if seen[language] <= SENTENCES_PER_LANGUAGE:
            kept.append(row)
    return kept


def character_texts(c):
    """Each character alone, between letters, and around a capital sigma."""
    return [c + c, "X" + c + "y", c + "Σ " + "A" + c + "Σ" + " AΣ" + c + "B AΣ" + c]


def character_digests():
    words = HashingVectorizer(ngram_range=(1, 1)).build_analyzer()
    out = []
    for begin in range(0, 0x110000, SCALARS_PER_BLOCK):
        block = hashlib.sha256()
        for code in range(begin, begin + SCALARS_PER_BLOCK):
            if 0xD800 <= code <= 0xDFFF:
                continue
            for text in character_texts(chr(code)):
                block.update((" ".join(words(text)) + "\n").encode())
        out.append(block.hexdigest()[:16])
    return " ".join(out)


class Random:
    """SplitMix64 (Steele, Lea, Flood 2014), the same in the test."""

    def __init__(self, seed):
        self.state = seed

    def next(self, bound):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) & mask) % bound


def random_texts():
    """Texts in which everything that the rules look at is frequent."""
    random = Random(RANDOM_SEED)
    frequent = "ΣΣΣσςAaZz09_ \u0301'.:\u00ad\u0130\u0131ßǅẞΐ\u0345ª"
    limits = [0x80, 0x600, 0x3000, 0x20000, 0x110000]
    texts = []
    for _ in range(RANDOM_TEXTS):
        text = ""
        for _ in range(1 + random.next(48)):
            if random.next(3) != 0:
                text += frequent[random.next(len(frequent))]
            else:
                code = random.next(limits[random.next(len(limits))])
                text += "x" if 0xD800 <= code <= 0xDFFF else chr(code)
        texts.append(text)
    return texts


def main():
    if unicodedata.unidata_version != UNICODE or sklearn.__version__ != SKLEARN:
        sys.exit(
            f"Unicode {UNICODE} and scikit-learn {SKLEARN} wanted, found "
            f"{unicodedata.unidata_version} and {sklearn.__version__}"
        )
    data, out = map(pathlib.Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    kept = sample(data)
    (out / "tatoeba.tsv").write_text("".join(row + "\n" for row in kept))
    sets = [("tatoeba.tsv", [row.split("\t")[1] for row in kept]), *unpacked_sets(data)]
    digests = {
        "scikit-learn": SKLEARN,
        "unicode": UNICODE,
        "texts_per_block": TEXTS_PER_BLOCK,
        "sets": {
            name: {
                "texts": len(texts),
                **{str(dim): vector_digests(texts, dim) for dim in DIMS},
            }
            for name, texts in sets
        },
        "random": {
            "seed": RANDOM_SEED,
            "texts": RANDOM_TEXTS,
            "dim": RANDOM_DIM,
            "counts": vector_digests(random_texts(), RANDOM_DIM, norm=None),
        },
        "characters": {"per_block": SCALARS_PER_BLOCK, "words": character_digests()},
    }
    (out / "digests.json").write_text(json.dumps(digests, indent=1) + "\n")
    examples = []
    for text in EXAMPLES:
        row = vectors([text], DIMS[0])[0]
        components = {str(i): float(row[i]) for i in row.nonzero()[0]}
        examples.append({"text": text, "components": components})
    (out / "examples.json").write_text(
        json.dumps(examples, indent=1, ensure_ascii=False) + "\n"
    )


main()
