"""Regular expressions of public tokenizer.json files beside the seven that vetor matches by hand, and how the files use
them: (behavior, invert, [expressions, one Split after the other]), or [(expression, content) for each Replace]."""

LETTERS = (
    "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\u1f7dᾀ-ᾴᾶ-ᾼ\u1fbeῂ-ῄῆ-ῌ"
    "ῐ-\u1fd3ῖ-\u1fdbῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u2126ℨ\u212a-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃"
)
UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
UPPER_NOT_HAN = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
LOWER_NOT_HAN = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
SHORT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SPELT = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
NO_WORD = r"[^\r\n\p{L}\p{N}]?"
SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
DEEPSEEK = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^" + "\r\n" + r"\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}"
            r"\p{S}]+")


def cased_words(short, upper=UPPER, lower=LOWER):
    return f"{NO_WORD}{upper}*{lower}+{short}|{NO_WORD}{upper}+{lower}*{short}"


def symbols(more=""):
    return rf" ?[^\s\p{{L}}\p{{N}}]+[\r\n{more}]*"


O200K = f"{cased_words(SHORT + '?')}|\\p{{N}}{{1,3}}|{symbols('/')}|{SPACES}"
CASCADE = "|".join(rf"\s{{{1 << n}}}(?!\S)" for n in range(9, 1, -1)) + r"|\s{1,2}(?!\S)|\s{1}"

SPLITS = {
    "o200k": ("Isolated", False, [O200K]),
    "tekken": ("Isolated", False, [rf"{cased_words('')}|\p{{N}}|{symbols('/')}|{SPACES}"]),
    "cl100k": ("Isolated", False, [
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"]),
    "r50k": ("Isolated", False, [
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"]),
    "smaug": ("Isolated", False, [rf"{SPELT}|{NO_WORD}\p{{L}}+|\p{{N}}{{1,3}}|{symbols()}|{SPACES}"]),
    "qwen35": ("Isolated", False, [
        rf"{SHORT}|{NO_WORD}[\p{{L}}\p{{M}}]+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{SPACES}"]),
    "bailing": ("Isolated", False, [
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"]),
    "seed_coder": ("Isolated", False, [
        SHORT + "|[^\r\n" + r"\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}" + "\r\n" + r"]+|\s*[" + "\r\n" + r"]+|\s+(?!\S)|\s+"]),
    "exaone": ("Isolated", False, [
        rf"{SHORT}|{NO_WORD}(?:\p{{L}}\p{{M}}*(?: \p{{L}}\p{{M}}*)*)+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"]),
    "jais": ("Isolated", False, [rf"{SHORT}|{NO_WORD}\p{{L}}+|\p{{N}}{{1,3}}|{symbols()}|\s*[\r\n]+|{CASCADE}"]),
    "kimi": ("Isolated", False, [
        rf"[\p{{Han}}]+|{cased_words(SHORT + '?', UPPER_NOT_HAN, LOWER_NOT_HAN)}|\p{{N}}{{1,3}}|{symbols()}|{SPACES}"]),
    "aya": ("Isolated", False, [r"\d{1,3}(?=(?:\d{3})*\b)", O200K]),
    "superbpe": ("Isolated", False, [r"\p{N}+", r"(?=(\d{3})+(?!\d))"]),
    "minicpm": ("Isolated", False, [r"\p{N}{1,3}", rf"{SHORT}|{NO_WORD}\p{{L}}+|\p{{N}}+|{symbols()}|{SPACES}"]),
    "deepseek_v3": ("Isolated", False, [r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK + "[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"]),
    "deepseek_llm": ("Isolated", False, [
        "[\r\n]", rf"\s?[{LETTERS}]+", r"\s?[!-/:-~！-／：-～‘-‟　-。]+", r"\s+$", "[一-龥ࠀ-一가-퟿]+"]),
    "deepseek_coder": ("Isolated", False, ["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-퟿]+"]),
    "spark": ("Isolated", False, [r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK + "|[\r\n]|\\s+(?!\\S)|\\s+", r"\p{N}"]),
    "youtu": ("Isolated", False, [
        "[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥぀-ゟ゠-ヿ]+",
        rf"{cased_words(SPELT + '?')}|\p{{N}}|{symbols('/')}|{SPACES}"]),
    "trinity": ("Isolated", False, [
        "[一-鿿㐀-䶿\uf900-﫿぀-ゟ゠-ヿ･-ﾟ⼀-⿟เ-๿຀-໿ក-៿က-႟ꩠ-ꩿꧠ-꧿가-힯ᄀ-ᇿ]+",
        DEEPSEEK + r"[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"]),
    "chameleon": ("Isolated", False, [
        "<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", "([\\t\\n]|    |  )", r"\p{N}", r"[\p{P}!-/:-@\[-`{-~]"]),
    "falcon": ("Isolated", False, [r"[\p{P}\$\+<=>\^~\|`]+", "[0-9][0-9][0-9]"]),
    "bloom": ("Isolated", False, [r" ?[^(\s|[.,!?…。，、।۔،])]+"]),
    "poro": ("Isolated", False, [r" ?[^(\s|.,!?…。，、।۔،)]+", r"\p{N}"]),
    "clip": ("Removed", True, [r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"]),
    "laguna": ("Isolated", False, [r"[^\n]+|[\n]+"]),
    "helium": ("Contiguous", False, [r"\n"]),
    # No public files: the behaviours with matches that are empty, and with matches that touch.
    "empty_next": ("MergedWithNext", False, [r"(?=\p{Lu})|\d*"]),
    "empty_previous": ("MergedWithPrevious", False, [r"(?<=\p{Lu})|\d*"]),
    "empty_contiguous": ("Contiguous", True, [r"\b|\s"]),
    "empty_removed": ("Removed", True, [r"\s*|[a-z]"]),
    "lines": ("MergedWithNext", False, [r"^|(?<=,)"]),
}

REPLACES = {
    "deberta_v2": [(r"\s{2,}|[\n\r\t]", " ")],
    "mbart": [(r"[\n\r\t]", " "), (r" +▁", "▁"), (r"^▁+$", ""), (r" {2,}", "▁")],
    "line_ends": [(r"$", "é"), (r"\s+\Z", "")],
    "lazy": [(r"<.*?>", "▁"), (r"\((?:[^()]|\([^()]*\))*+\)", "")],
}


def parts():
    """Name to the keys of a tokenizer.json. A Metaspace that does not split marks where pieces begin."""
    rows = {}
    for name, (behavior, invert, expressions) in SPLITS.items():
        steps = [{"type": "Split", "pattern": {"Regex": e}, "behavior": behavior, "invert": invert} for e in expressions]
        steps.append({"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": False})
        rows["split_" + name] = {"pre_tokenizer": {"type": "Sequence", "pretokenizers": steps}}
    for name, replaces in REPLACES.items():
        steps = [{"type": "Replace", "pattern": {"Regex": e}, "content": content} for e, content in replaces]
        rows["replace_" + name] = {"normalizer": {"type": "Sequence", "normalizers": steps}}
    return rows
