#!/usr/bin/env python3
"""Writes tests/data/fuzz/tokenizers: one small tokenizer.json a family, with vocabularies of our own.

Usage:
    make_fuzz_tokenizers.py OUT_DIR [HOSTILE_DIR]

The former are what the encode fuzzer runs texts through, and the seeds of the load fuzzer.
"""
import base64
import json
import os
import struct
import sys

QWEN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+")


def byte_forms():
    printing = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    forms = {}
    for byte in range(256):
        forms[byte] = chr(byte) if byte in printing else chr(0x100 + byte - sum(p < byte for p in printing))
    return forms


def added(content, **flags):
    return {"id": 0, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": True, **flags}


def bpe(symbols, words, **options):
    """Merges that build each word from the left."""
    vocab = {}
    merges = []
    for symbol in symbols:
        vocab.setdefault(symbol, len(vocab))
    for word in words:
        for end in range(2, len(word) + 1):
            pair = word[:end - 1] + " " + word[end - 1]
            if pair not in merges:
                merges.append(pair)
            vocab.setdefault(word[:end], len(vocab))
    return {"type": "BPE", "vocab": vocab, "merges": merges, **options}


def charsmap(values, replacements):
    """A Precompiled charsmap of one-byte keys, each with the place of its replacement."""
    units = [0] * 1024
    units[0] = 256 << 10
    for number, (key, value) in enumerate(values.items()):
        at, leaf = 256 ^ ord(key), 512 + number
        units[at] = ord(key) | 1 << 8 | (at ^ leaf) << 10
        units[leaf] = 1 << 31 | value
    blob = b"".join(struct.pack("<I", unit) for unit in units)
    return base64.b64encode(struct.pack("<I", len(blob)) + blob + replacements).decode()


def precompiled(values, replacements):
    return {"type": "Precompiled", "precompiled_charsmap": charsmap(values, replacements)}


def unigram(*pieces):
    return {"type": "Unigram", "unk_id": 0, "vocab": [[piece, -1 - i / 7] for i, piece in enumerate(pieces)]}


def hostile():
    """Documents that once made a read or write outside, or gigabytes of a letter."""
    model = unigram("<unk>", "b")
    into = precompiled({"a": 1}, "\u00e9\0".encode())
    yield "charsmap_into_a_character", {"normalizer": into, "model": model}
    yield "charsmap_before_replace", {"normalizer": {"type": "Sequence", "normalizers": [
        precompiled({"a": 1}, "\u00a0\0".encode()),
        {"type": "Replace", "pattern": {"Regex": r"\s"}, "content": "x"}]}, "model": model}
    yield "charsmap_before_lstrip", {"added_tokens": [added("b", normalized=True, lstrip=True, single_word=True)],
                                     "normalizer": into, "model": model}
    yield "growth", {"normalizer": {"type": "Sequence", "normalizers": 30 * [
        {"type": "Replace", "pattern": {"String": "a"}, "content": 10 * "a"}]}, "model": model}
    part = {"SpecialToken": {"id": "b", "type_id": 0}}
    yield "template", {"post_processor": {"type": "TemplateProcessing", "single": 64 * [part], "pair": [],
                                          "special_tokens": {"b": {"id": "b", "ids": 64 * [1]}}}, "model": model}


def families():
    forms = byte_forms()
    space = forms[0x20]
    byte_words = ["the", space + "the", space + "race", "\u00c3\u00a9", space + space, "aaaa", "\u00e4\u00b8\u0143"]
    byte_bpe = bpe(forms.values(), byte_words)
    cls_sep = {"sep": ["the", byte_bpe["vocab"]["the"]], "cls": ["th", byte_bpe["vocab"]["th"]]}
    byte_level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    yield "roberta", {"added_tokens": [added("<mask>", lstrip=True), added("<s>")], "pre_tokenizer": byte_level,
                      "post_processor": {"type": "RobertaProcessing", "trim_offsets": True, "add_prefix_space": True,
                                         **cls_sep}, "model": byte_bpe}
    yield "modernbert", {"added_tokens": [added(" " * n, normalized=True, special=False) for n in range(2, 6)]
                         + [added("[MASK]", lstrip=True, rstrip=True), added("e\u0301x", normalized=True, single_word=True)],
                         "normalizer": {"type": "NFC"}, "pre_tokenizer": byte_level, "model": byte_bpe}
    yield "qwen", {"normalizer": {"type": "NFKC"}, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": QWEN}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}]},
        "post_processor": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
        "model": {**byte_bpe, "ignore_merges": True}}
    letters = [chr(c) for c in range(0x61, 0x7B)]
    yield "gemma", {"added_tokens": [added("<bos>"), added("\n\n", special=False)],
                    "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
                    "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious",
                                      "invert": False},
                    "model": bpe(["<unk>", "\u2581", *letters, *(f"<0x{b:02X}>" for b in range(256))],
                                 ["\u2581the", "the", "aaaa"], unk_token="<unk>", fuse_unk=True, byte_fallback=True)}
    pieces = ["<unk>", "\u2581", *letters, "\u2581the", "race", "aa", "aaa", "\u4e2d", *(f"<0x{b:02X}>" for b in range(256))]
    yield "unigram", {"added_tokens": [added("</s>"), added("<mask>", lstrip=True)],
                      "normalizer": {"type": "Sequence", "normalizers": [
                          {"type": "Nmt"}, {"type": "NFKD"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
                      "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": True},
                      "post_processor": {"type": "TemplateProcessing",
                                         "single": [{"Sequence": {"id": "A", "type_id": 0}},
                                                    {"SpecialToken": {"id": "</s>", "type_id": 1}}],
                                         "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                                         "special_tokens": {"</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}}},
                      "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": True,
                                "vocab": [[piece, -1 - i / 7] for i, piece in enumerate(pieces)]}}
    yield "precompiled", {"normalizer": precompiled({"a": 0, "B": 2, "\t": 4, "\n": 4, "m": 6}, "b\0c\0 \0\u2122e\u0301\0".encode()),
                          "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                              {"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "\u2581"}]},
                          "model": unigram("<unk>", "\u2581", *letters, "\u2581the", "race", "\u2122")}
    words = {word: i for i, word in enumerate(["?", "the", "race", "1", "2", ".", "\u4e2d\u6587"])}
    yield "word_level", {"normalizer": {"type": "Sequence", "normalizers": [
        {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "NFD"}, {"type": "StripAccents"},
        {"type": "Lowercase"}, {"type": "Prepend", "prepend": "\u2581"}]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Whitespace"}, {"type": "Digits", "individual_digits": True},
            {"type": "Punctuation", "behavior": "Contiguous"}, {"type": "CharDelimiterSplit", "delimiter": "x"},
            {"type": "UnicodeScripts"}, {"type": "FixedLength", "length": 4}]},
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "?"}}


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    for folder, documents in zip(sys.argv[1:], (families, hostile)):
        for name, document in documents():
            with open(os.path.join(folder, name + ".json"), "w", encoding="ascii", newline="\n") as out:
                json.dump({"version": "1.0", **document}, out)
                out.write("\n")


if __name__ == "__main__":
    main()
