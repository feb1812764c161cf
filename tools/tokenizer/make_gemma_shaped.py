#!/usr/bin/env python3
"""Trains gemma-shaped.json, a tokenizer of the shape that Gemma's has: its parts and options, a vocabulary of our own.

Usage:
    make_gemma_shaped.py CORPUS_DIR OUT.json

The licence of Gemma's own file does not let it be copied here, so this one takes its place among the golden tests: space
becomes U+2581, one pre-token a text, byte fallback, fused unknowns, hundreds of added tokens that are runs of spaces
and line breaks. CORPUS_DIR is corpus/ of the unpacked test data (README.md of tests/data/packed says whose texts).
Needs tokenizers==0.23.3.
"""
import json
import os
import sys

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

VOCABULARY = 24576
SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
RUNS = ["\n" * n for n in range(1, 32)] + ["\u2581" * n for n in range(2, 32)] + ["\t" * n for n in range(1, 32)]
WORDS = ["<start_of_turn>", "<end_of_turn>", "[multimodal]", "[@BOS@]"]
WORDS += [f"<unused{n}>" for n in range(99)] + [f"<{slash}{tag}>" for tag in ("table", "tr", "td", "b", "ul") for slash in ("", "/")]


def added(number, content):
    return {"id": number, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": content in SPECIAL}


def texts(folder):
    for name in ("tatoeba.tsv", "queries.txt", "faquad.txt"):
        with open(os.path.join(folder, name), encoding="utf-8", newline="\n") as file:
            for line in file.read().split("\n")[:-1]:
                yield line.split("\t")[-1]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    # Only while it is trained, so that no merge crosses words.
    tokenizer.pre_tokenizer = pre_tokenizers.Split("\u2581", "merged_with_next")
    always = SPECIAL + WORDS + RUNS + BYTES
    tokenizer.train_from_iterator(texts(sys.argv[1]), trainers.BpeTrainer(
        vocab_size=VOCABULARY, min_frequency=2, show_progress=False, special_tokens=always))
    document = json.loads(tokenizer.to_str())
    vocabulary = document["model"]["vocab"]
    document["added_tokens"] = [added(vocabulary[token], token) for token in SPECIAL + WORDS + RUNS]
    document["pre_tokenizer"] = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
    document["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<bos>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"SpecialToken": {"id": "<bos>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                 {"SpecialToken": {"id": "<bos>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<bos>": {"id": "<bos>", "ids": [vocabulary["<bos>"]], "tokens": ["<bos>"]}}}
    with open(sys.argv[2], "w", encoding="utf-8", newline="\n") as out:
        json.dump(document, out, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
