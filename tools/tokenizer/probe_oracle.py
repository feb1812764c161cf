"""Asks the reference implementation what it knows of every Unicode scalar value.

The reference mixes several versions of Unicode (its normalization, categories, regular expressions
and standard library each bring their own), so no published table matches it. Every function here
returns an answer of the installed `tokenizers` package itself; nothing is assumed.
"""
import functools
import struct
import unicodedata

from tokenizers import Regex, normalizers, pre_tokenizers

PINNED = "0.23.3"
SCALARS = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def matching(pattern):
    """Scalars that a one-character regular expression (Oniguruma) matches."""
    kept = set(normalizers.Replace(Regex(pattern), "").normalize_str("".join(SCALARS)))
    return {ord(c) for c in SCALARS if c not in kept}


REGEX_CATEGORIES = (
    "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cn"
).split()
# Those of Unicode 16.0.
REGEX_SCRIPTS = (
    "Common Inherited Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali "
    "Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham "
    "Cherokee Chorasmian Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan "
    "Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Garay Georgian Glagolitic Gothic Grantha Greek Gujarati "
    "Gunjala_Gondi Gurmukhi Gurung_Khema Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic "
    "Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi "
    "Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian "
    "Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui "
    "Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari "
    "New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic "
    "Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya "
    "Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada "
    "Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar Syloti_Nagri Syriac Tagalog "
    "Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Todhri "
    "Toto Tulu_Tigalari Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square"
).split()


def regex_values(names):
    """Scalar to the number of its property among `names`, from 1 on; each has at most one."""
    values = {}
    for number, name in enumerate(names, 1):
        found = matching(f"\\p{{{name}}}")
        if not found or not found.isdisjoint(values):
            raise SystemExit(f"{name} is empty or meets another property")
        values.update(dict.fromkeys(found, number))
    return values


def regex_scripts():
    values = regex_values(REGEX_SCRIPTS)
    rest = {ord(c) for c in SCALARS} - set(values)
    if rest != matching(r"[\p{Cn}\p{Co}]"):
        raise SystemExit("a script is missing in REGEX_SCRIPTS")
    return values


def removed_by(pre_tokenizer):
    kept = set("".join(piece for piece, _ in pre_tokenizer.pre_tokenize_str("".join(SCALARS))))
    return {ord(c) for c in SCALARS if c not in kept}


def whitespace():
    return removed_by(pre_tokenizers.WhitespaceSplit())


def punctuation():
    return removed_by(pre_tokenizers.Punctuation("removed"))


def numeric():
    digits = pre_tokenizers.Digits(individual_digits=True)
    return {ord(c) for c in SCALARS if len(digits.pre_tokenize_str("a" + c + "a")) == 3}


def word():
    """`\\w` of Rust's regex crate, which the Whitespace pre-tokenizer and single_word use."""
    split = pre_tokenizers.Whitespace()
    return {ord(c) for c in SCALARS if split.pre_tokenize_str("a" + c)[0][0] == "a" + c}


def bert(**options):
    base = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**base, **options}).normalize_str


def removed_by_cleaning():
    clean = bert(clean_text=True)
    return {ord(c) for c in SCALARS if clean(c) == ""}


def spaced_ideographs():
    space = bert(handle_chinese_chars=True)
    return {ord(c) for c in SCALARS if space(c) != c}


def nonspacing_marks():
    """Mn as BertNormalizer strips it; only scalars that NFD leaves alone can be told."""
    strip = bert(strip_accents=True)
    return {ord(c) for c in SCALARS if strip(c) == "" and nfd(c) == c}


def marks():
    """M* as StripAccents removes it (it does not decompose first)."""
    strip = normalizers.StripAccents().normalize_str
    return {ord(c) for c in SCALARS if strip(c) == ""}


def lowercase():
    lower = normalizers.Lowercase().normalize_str
    return {ord(c): lower(c) for c in SCALARS if lower(c) != c}


nfd = normalizers.NFD().normalize_str
nfc = normalizers.NFC().normalize_str
nfkd = normalizers.NFKD().normalize_str


def is_hangul_syllable(c):
    return 0xAC00 <= ord(c) <= 0xD7A3


def canonical():
    return {ord(c): nfd(c) for c in SCALARS if nfd(c) != c and not is_hangul_syllable(c)}


def compatibility():
    """NFKD where it differs from NFD."""
    return {ord(c): nfkd(c) for c in SCALARS if nfkd(c) != nfd(c)}


def never_composed():
    return {ord(c) for c in SCALARS if nfc(c) != c}


def combining_classes():
    """Numbers are Python's (the class of an assigned character never changes); whether the
    reference knows the character is probed by what it sorts it against."""
    classes = {}
    for c in SCALARS:
        if nfd(c) != c:
            continue
        after_overlay = nfd(c + "\u0334") != c + "\u0334"  # class 1 moves before any higher one
        before_iota = nfd("\u0345" + c) != "\u0345" + c  # class 240 moves after any lower one
        if after_overlay or before_iota:
            classes[ord(c)] = unicodedata.combining(c)
    check_combining_classes(classes)
    return classes


def check_combining_classes(classes):
    one_of_each = {value: chr(code) for code, value in sorted(classes.items(), reverse=True)}
    for code, value in classes.items():
        for other, example in one_of_each.items():
            swapped = nfd(chr(code) + example) == example + chr(code) and example != chr(code)
            if swapped != (other < value):
                raise SystemExit(f"class {value} of U+{code:04X} contradicts the reference")


def scripts():
    """A number for each script that UnicodeScripts tells apart; scripts that join all are left out."""
    split = pre_tokenizers.UnicodeScripts().pre_tokenize_str
    joined = lambda a, b: len(split(a + b)) == 1
    numbers, examples, previous = {}, [], ""
    for c in SCALARS:
        if joined("a", c) and joined("\u3042", c):
            continue
        if ord(c) - 1 in numbers and joined(previous, c):
            numbers[ord(c)] = numbers[ord(c) - 1]
        else:
            found = next((i for i, example in enumerate(examples) if joined(example, c)), len(examples))
            if found == len(examples):
                examples.append(c)
            numbers[ord(c)] = found + 1
        previous = c
    return numbers


@functools.cache
def cluster_counter():
    """A Precompiled normalizer that writes one Y for a grapheme cluster under six bytes, and one Y
    for each character of a longer one."""
    units = [0] * 1024
    units[0] = 256 << 10
    for byte in range(1, 256):
        units[256 + byte] = byte | 1 << 8 | (512 ^ (256 + byte)) << 10
    units[512] = 0x80000000
    blob = b"".join(struct.pack("<I", u) for u in units)
    normalizer = normalizers.Precompiled(struct.pack("<I", len(blob)) + blob + b"Y\0")
    return lambda text: len(normalizer.normalize_str(text))


def grapheme_classes():
    """Class name to scalars, told by the clusters under six bytes around them, which is all that
    Precompiled looks at. A character of four bytes is never in one, but decides where the next one
    begins: each probe ends in a base and an accent, five bytes or less and one Y, unless what stands
    before has joined them to a longer cluster."""
    count = cluster_counter()
    names = ("joins", "prepend", "control", "pictographic", "extend", "consonant", "linker", "conjunct_extend")
    found = {name: set() for name in names}
    found["control"].add(0)
    for c in SCALARS[1:]:
        if count("a" + c) == 1:
            found["joins"].add(ord(c))
            if count("\u00a9" + c + "\u200d\u2764\u0301") == 5:
                found["extend"].add(ord(c))
            if count("\u0915" + c + "\u0915\u0301") == 4:
                found["linker"].add(ord(c))
            if count("\u0915\u094d" + c + "\u0915\u0301") == 5:
                found["conjunct_extend"].add(ord(c))
        elif count(c + "b") == 1:
            found["prepend"].add(ord(c))
        elif count(c + "\u0301\u0302") == 2:
            found["control"].add(ord(c))
        else:
            if count(c + "\u200d\u2764\u0301") == 4:
                found["pictographic"].add(ord(c))
            if count(c + "\u094d\u0915\u0301") == 4:
                found["consonant"].add(ord(c))
    return found
