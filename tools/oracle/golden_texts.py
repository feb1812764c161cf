"""The 2,000 texts of the golden file: sentences in more than 60 languages from Tatoeba (CC BY 2.0
FR), texts longer than the models take made by joining them, and traps of our own."""

import gzip
import hashlib

TOTAL = 2000
LONG = 60
MIN_SENTENCES = 150

TRAPS = [
    "", " ", "   ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u0000",
    "\u0000hello\u0000", "a\u0000b", "\u0007bell", "\u001b[31mred\u001b[0m", "\ufffd", "\ufffe",
    "\U0010ffff", "\ue000", "  leading and trailing  ", "tabs\tand\nlines\r\nmixed",
    "[CLS]", "[SEP]", "[MASK] fills", "hello [SEP] world", "[UNK]", "[PAD][PAD]", "[cls]", "##ing",
    "a" * 99, "a" * 100, "a" * 101, "x" * 5000, "é" * 100, "é" * 101, "日" * 600, "1" * 300,
    "!" * 600, "…", "—", "“quoted” ‘text’", "naïve café", "nai\u0308ve cafe\u0301", "ﬁne ﬂow",
    "İstanbul", "IŞIK ışık", "ΟΔΥΣΣΕΎΣ", "ὈΔΥΣΣΕΎΣ ς", "Straße STRASSE ẞ", "Ǆ ǅ ǆ",
    "𝕸𝖔𝖓𝖆𝖈𝖔 𝟚𝟘𝟚𝟞", "①②③ ⅷ ½", "한국어", "한국어".encode().decode(), "\u1112\u1161\u11ab",
    "가나다", "𠮷野家", "ｶﾀｶﾅ", "カタカナ", "か\u3099", "ไม่เป็นไร", "शुक्रिया", "க்ஷ", "שָׁלוֹם",
    "مُحَمَّد", "\u202eright to left\u202c", "🏎️🏁", "👨‍👩‍👧‍👦", "🇧🇷🇲🇨", "👍🏽", "☺", "☺️", "©®™",
    "a\u0300\u0301\u0302\u0303\u0304\u0305", "\u0300", "\u200d", "soft\u00adhyphen",
    "zero\u200bwidth", "\U000e0041\U000e0042", "100%", "3.14", "-1e-5", "C++ & C#", "a@b.c",
    "https://example.org/a?b=c#d", "GP do Brasil – São Paulo", "24h Le Mans", "MOTOGP™",
]


def _order(sentence):
    return hashlib.sha256(sentence.encode()).hexdigest()


def read_tatoeba(path):
    """Language -> its sentences in an order that depends on nothing but their text."""
    by_language = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            language, sentence = line.rstrip("\n").split("\t", 1)
            by_language.setdefault(language, []).append(sentence)
    return {language: sorted(sentences, key=_order)
            for language, sentences in sorted(by_language.items())
            if len(sentences) >= MIN_SENTENCES}


def golden_texts(path):
    """List of (kind, text); kind is a language code, "long" or "trap". No text occurs twice."""
    by_language = read_tatoeba(path)
    rows = [("trap", text) for text in dict.fromkeys(TRAPS)]
    languages = list(by_language)
    for i in range(LONG):
        sentences = by_language[languages[i * len(languages) // LONG]][-100:]
        # From about 100 tokens to far beyond 512, so that both limits are met and passed.
        rows.append(("long", " ".join(sentences[: 10 + 90 * i // LONG])))
    depth = 0
    while len(rows) < TOTAL:
        for language in languages:
            if len(rows) < TOTAL:
                rows.append((language, by_language[language][depth]))
        depth += 1
    assert len({text for _, text in rows}) == TOTAL
    return rows
