#!/usr/bin/env python3
"""Freezes what transformers makes of tokenizer folders: tests/data/tokenizer/folders.jsonl.

Usage:
    make_folder_cases.py OUTPUT.jsonl

The first line holds the tokenizers that the cases begin with: {"json": {NAME: tokenizer.json}, "model": {NAME: a
SentencePiece model in base64}}. Each other line is a folder: {"name", "json" or "model": one of those, "as": the
file's name, "set": {pointer: value} to change in a tokenizer.json, "files": {name: content}, "rows": [[text, ids, ids
at most 5, types if one is not 0]]}, as AutoTokenizer gives them. All vocabularies are small and our own. Same versions, same bytes. Needs
transformers==4.57.6, sentencepiece and protobuf, not torch.
"""
import base64
import copy
import itertools
import json
import os
import sys
import tempfile

os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import transformers
from transformers import AutoTokenizer

from folder_bases import BERT_WORDS, MPNET_WORDS, bases, bpe_json
from folder_case import FEW, TEXTS, added, case, decoder
from folder_class_cases import class_cases
from folder_odd_cases import odd_cases

PINNED = "4.57.6"
MAX_LENGTH = 5


def bert_cases():
    absent = object()
    choices = {"do_lower_case": (absent, True, False), "strip_accents": (absent, None, True, False),
               "tokenize_chinese_chars": (absent, True, False)}
    declared = ({}, {"/normalizer/lowercase": False, "/normalizer/strip_accents": True,
                     "/normalizer/handle_chinese_chars": False})
    for number, values in enumerate(itertools.product(*choices.values(), declared)):
        config = {key: value for key, value in zip(choices, values) if value is not absent}
        yield case(f"bert_{number}", "bert", {"tokenizer_class": "BertTokenizer"} | config, set=values[-1], texts=FEW)
    cased = {"/normalizer/lowercase": False}
    yield case("class_of_the_model_type", "bert", files={"config.json": {"model_type": "bert"}}, set=cased)
    yield case("class_of_the_model", "bert", set=cased,
               files={"config.json": {"model_type": "bert", "tokenizer_class": "PreTrainedTokenizerFast"}})
    for name in ("BertTokenizerFast", "DistilBertTokenizer", "ElectraTokenizer", "MPNetTokenizer", "PreTrainedTokenizerFast",
                 "XLMRobertaTokenizer"):
        yield case("bert_as_" + name, "bert", {"tokenizer_class": name}, set=cased | {"/normalizer/handle_chinese_chars": False})
    yield case("unclean", "bert", {"tokenizer_class": "BertTokenizer"}, set={"/normalizer/clean_text": False})
    yield case("other_normalizer", "bert", {"tokenizer_class": "BertTokenizer", "do_lower_case": True},
               set={"/normalizer": {"type": "NFC"}})


def truncation_cases():
    for side in ("left", "right"):
        yield case("cut_" + side, "bert", {"tokenizer_class": "BertTokenizer", "truncation_side": side})
    left = {"/truncation": {"direction": "Left", "max_length": 3, "strategy": "LongestFirst", "stride": 0}}
    yield case("cut_by_json", "bert", {"tokenizer_class": "BertTokenizer"}, set=left)
    yield case("cut_by_config", "bert", {"tokenizer_class": "BertTokenizer", "truncation_side": "right"}, set=left)
    yield case("cut_left_of_roberta", "roberta", {"tokenizer_class": "RobertaTokenizer", "truncation_side": "left"})


def token_cases():
    bert = {"tokenizer_class": "BertTokenizer"}
    yield case("decoder_adds", "bert", bert | {"added_tokens_decoder": decoder(i22=added("[NEW]"))})
    yield case("decoder_in_order_of_ids", "bert", bert | {
        "added_tokens_decoder": decoder(i40=added("[NEW]"), i30=added("<e>"), i7=added("a", special=False))})
    yield case("decoder_normalized", "bert", bert | {
        "added_tokens_decoder": decoder(i22=added("Foo", special=False, normalized=True, single_word=True))})
    # The normalizer is replaced after the added tokens were made ready: they are looked for as the file's own has them.
    new = {"added_tokens_decoder": decoder(i22=added("[NEW]", special=False, normalized=True))}
    for lowercase in (True, False):
        for flag in (True, False, None):
            say = {} if flag is None else {"do_lower_case": flag}
            yield case(f"decoder_normalized_json_{lowercase}_config_{flag}", "bert", bert | say | new,
                       set={"/normalizer/lowercase": lowercase})
    yield case("decoder_changes", "bert", bert | {"added_tokens_decoder": decoder(i4=added("[MASK]", lstrip=True, rstrip=True))})
    yield case("decoder_makes_special", "bert", bert | {
        "mask_token": "<mask>", "added_tokens_decoder": decoder(i22=added("<mask>", special=False, lstrip=True))})
    yield case("added_tokens_file", "bert", bert, files={"added_tokens.json": {"[NEW]": 22, "[MASK]": 4, "FOO": 23}})
    yield case("added_tokens_file_without_say", "bert", bert | {"added_tokens_decoder": {}},
               files={"added_tokens.json": {"[NEW]": 22}, "special_tokens_map.json": {"mask_token": "<mask>"}})
    yield case("special_tokens_map", "bert", bert, files={"special_tokens_map.json": {
        "mask_token": {"content": "<mask>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False},
        "additional_special_tokens": ["<e>", "[MASK]"], "other_token": "[NEW]"}})
    yield case("named_tokens", "bert", bert | {"mask_token": "<mask>", "additional_special_tokens": ["<e>"]})
    yield case("no_tokens_in_json", "bert", bert, set={"/added_tokens": []})
    yield case("null_mask", "bert", bert | {"mask_token": None}, set={"/added_tokens": []})
    yield case("mask_by_class", "roberta", {"tokenizer_class": "RobertaTokenizer"})
    yield case("mask_by_config", "roberta", {"tokenizer_class": "RobertaTokenizer", "mask_token": "<mask>"})
    yield case("mask_of_xlmr", "xlmr", {"tokenizer_class": "XLMRobertaTokenizer"})
    yield case("tokens_of_camembert", "xlmr", {"tokenizer_class": "CamembertTokenizer"})
    yield case("pad_of_json", "bert", {"tokenizer_class": "PreTrainedTokenizerFast"}, set={"/padding": {
        "strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
        "pad_token": "[NEW]"}})


SPECIAL = ["a [CLS] b[MASK]c [NEW] foo", "[SEP][NEW][NEW] <e>q <e>", "hello [new] <i> <j> foo", "a b"]


def split_cases():
    """split_special_tokens: special tokens are not found in texts."""
    bert = {"tokenizer_class": "BertTokenizer", "split_special_tokens": True}
    plain = {"tokenizer_class": "PreTrainedTokenizerFast", "split_special_tokens": True}
    new = {"added_tokens_decoder": decoder(i22=added("[NEW]"), i23=added("foo", special=False), i24=added("<e>q", special=False))}
    yield case("split", "bert", bert, texts=SPECIAL)
    yield case("split_added", "bert", bert | new, texts=SPECIAL)
    yield case("split_added_false", "bert", bert | new | {"split_special_tokens": False}, texts=SPECIAL)
    yield case("split_without_class", "bert", plain | new, texts=SPECIAL)
    # What was special once is not found, and what is not found hides what begins where it does.
    yield case("split_once_special", "bert", plain | {"added_tokens_decoder": decoder(i4=added("[MASK]", special=False))},
               texts=SPECIAL)
    yield case("split_hides", "bert", plain | {"added_tokens_decoder": decoder(
        i22=added("foo", special=False), i23=added("<e>q"), i24=added("<e>", special=False))}, texts=SPECIAL)
    yield case("split_normalized", "bert", bert | {"added_tokens_decoder": decoder(
        i22=added("[NEW]", normalized=True), i23=added("foo", special=False, normalized=True))}, texts=SPECIAL)
    yield case("split_roberta", "roberta", {"tokenizer_class": "RobertaTokenizer", "split_special_tokens": True})
    yield case("split_llama", "llama", {"tokenizer_class": "LlamaTokenizer", "split_special_tokens": True},
               texts=["a<s>b </s>", "hello"])
    yield case("split_vocab", None, bert, files={"vocab.txt": "\n".join(BERT_WORDS) + "\n"}, texts=SPECIAL)
    yield case("split_model", None, {"tokenizer_class": "XLMRobertaTokenizer", "split_special_tokens": True}, model="fairseq",
               **{"as": "sentencepiece.bpe.model"}, texts=["a <s> b</s><mask>", "hello"])


def extra_cases():
    """extra_special_tokens: names of the model's own."""
    bert = {"tokenizer_class": "BertTokenizer"}
    typed = {"__type": "AddedToken", "content": "<i>", "lstrip": True, "rstrip": True, "normalized": False,
             "single_word": False, "special": False}
    extra = "extra_special_tokens"
    yield case("extra", "bert", bert | {extra: {"image_token": "[NEW]", "eoi": "<i>"}}, texts=SPECIAL)
    yield case("extra_of_the_vocabulary", "bert", bert | {extra: {"image_token": "foo"}}, texts=SPECIAL)
    yield case("extra_there_already", "bert", bert | {extra: {"image_token": "[MASK]"}}, texts=SPECIAL)
    yield case("extra_typed", "bert", bert | {extra: {"image_token": typed}}, texts=SPECIAL)
    yield case("extra_after_additional", "bert", bert | {
        extra: {"z": "<i>", "a": "[NEW]"}, "additional_special_tokens": ["<e>", "<i>"]}, texts=SPECIAL)
    yield case("extra_of_the_decoder", "bert", bert | {
        extra: {"z": "<i>", "a": "<j>"}, "added_tokens_decoder": decoder(i22=added("<i>", special=False, lstrip=True))},
        texts=SPECIAL)
    yield case("extra_named_as_mask", "bert", bert | {extra: {"mask_token": "<i>", "cls_token": "[NEW]"}}, texts=SPECIAL,
               set={"/added_tokens": []})
    yield case("extra_named_as_additional", "bert", bert | {
        extra: {"additional_special_tokens": "<i>"}, "additional_special_tokens": ["<e>"]}, texts=SPECIAL)
    yield case("extra_empty", "bert", bert | {extra: {}}, texts=SPECIAL)
    yield case("extra_and_split", "bert", bert | {extra: {"image_token": "<i>"}, "split_special_tokens": True}, texts=SPECIAL)
    yield case("extra_of_vocab", None, bert | {extra: {"image_token": "<i>", "x": "foo"}},
               files={"vocab.txt": "\n".join(BERT_WORDS) + "\n"}, texts=SPECIAL)
    yield case("extra_of_llama", "llama", {"tokenizer_class": "LlamaTokenizer", extra: {"bos_token": "[NEW]"}},
               texts=["a[NEW]b", "hello"])
    yield case("additional_twice", "bert", bert | {"additional_special_tokens": [typed, "<i>", "<e>"]}, texts=SPECIAL)
    yield case("additional_typed_after", "bert", bert | {"additional_special_tokens": ["<i>", typed, "[MASK]"]}, texts=SPECIAL)
    yield case("additional_names_the_mask", "bert", bert | {"additional_special_tokens": ["[MASK]"], "mask_token": typed},
               texts=["a <i> b", "a[MASK] b"])


def id_cases():
    """Tokens that have an id already, and which ids new ones get."""
    bert = {"tokenizer_class": "BertTokenizer"}
    plain = {"tokenizer_class": "PreTrainedTokenizerFast"}
    texts = ["a [CLS] b [NEW] <e> far foo", "hello world"]

    def vocab(name, words, config=bert, **files):
        return case("ids_" + name, None, config, files={"vocab.txt": "\n".join(words) + "\n"} | files, texts=texts)

    def without(*words):
        return [word for word in BERT_WORDS if word not in words]

    yield vocab("vocab_again", BERT_WORDS, **{"added_tokens.json": {"[CLS]": 20}})
    yield vocab("vocab_again_unordered", BERT_WORDS, **{"added_tokens.json": {"[NEW]": 22, "[SEP]": 8, "[CLS]": 7}})
    yield vocab("vocab_again_by_decoder", BERT_WORDS, bert | {"added_tokens_decoder": decoder(i5=added("[CLS]"))})
    yield vocab("vocab_twice_by_decoder", BERT_WORDS, bert | {
        "added_tokens_decoder": decoder(i9=added("[CLS]"), i5=added("[CLS]"))})
    yield vocab("vocab_again_behind", BERT_WORDS, **{"added_tokens.json": {"[CLS]": 22, "[NEW]": 23, "<e>": 24}})
    yield vocab("vocab_without_cls", without("[CLS]"))
    yield vocab("vocab_without_sep", without("[SEP]"))
    yield vocab("vocab_without_both", without("[CLS]", "[SEP]", "[MASK]"))
    yield vocab("vocab_without_pad", without("[CLS]", "[PAD]"), bert | {"additional_special_tokens": ["<e>"]})
    yield vocab("vocab_without_cls_but_added", without("[CLS]"), **{"added_tokens.json": {"[NEW]": 21, "[CLS]": 22}})
    yield vocab("vocab_without_cls_but_before", without("[CLS]"), **{"added_tokens.json": {"[CLS]": 4}})
    yield vocab("vocab_named_new", BERT_WORDS, bert | {"cls_token": "<e>", "sep_token": "[NEW]"})
    yield vocab("vocab_named_typed", BERT_WORDS, bert | {"cls_token": {
        "__type": "AddedToken", "content": "<e>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False}})
    yield vocab("vocab_twice", BERT_WORDS + ["a", "hello"], **{"added_tokens.json": {"[NEW]": 24}})
    yield vocab("vocab_twice_without_cls", without("[CLS]") + ["a", "hello"])
    yield vocab("vocab_mpnet_again", MPNET_WORDS, {"tokenizer_class": "MPNetTokenizer"},
                **{"added_tokens.json": {"<s>": 8, "<mask>": 10}})
    yield vocab("vocab_mpnet_mask", MPNET_WORDS, {"tokenizer_class": "MPNetTokenizer", "mask_token": "<mask>"},
                **{"added_tokens.json": {"<mask>": 10}})
    yield vocab("vocab_mpnet_without", [word for word in MPNET_WORDS if word not in ("<s>", "</s>")],
                {"tokenizer_class": "MPNetTokenizer"})
    far = {"/model/vocab/far": 40}
    new = {"added_tokens_decoder": decoder(i50=added("[NEW]"), i51=added("<e>"))}
    yield case("ids_gap", "bert", bert | new, set=far, texts=texts)
    yield case("ids_gap_is_added", "bert", plain | {"added_tokens_decoder": decoder(
        i22=added("[NEW]"), i40=added("far"), i41=added("<e>"))}, set=far, texts=texts)
    yield case("ids_gap_of_json", "bert", plain, set=far | {"/added_tokens": [
        added("far", id=40), added("[NEW]", id=41), added("<e>", id=23)]}, texts=texts)
    yield case("ids_collide", "bert", plain | new, set={"/model/vocab/far": 23}, texts=texts)
    yield case("ids_of_the_vocabulary", "bert", bert | {"added_tokens_decoder": decoder(i7=added("[NEW]"), i5=added("<e>"))},
               texts=texts)
    yield case("ids_of_the_vocabulary_file", "bert", bert, files={"added_tokens.json": {"[NEW]": 7, "<e>": 2}}, texts=texts)
    yield case("ids_of_json", "bert", plain, set={"/added_tokens": [
        added("[NEW]", id=7), added("<e>", id=7), added("foo", id=2)]}, texts=texts)
    yield case("ids_json_again", "bert", bert, files={"added_tokens.json": {"[CLS]": 20}}, texts=texts)


def leniency_cases():
    """What Python reads and strict JSON does not have."""
    few = ["Hello [CLS] a [NEW] foo", "a b"]
    plain = {"tokenizer_class": "BertTokenizer"}
    yield case("lenient_index", "bert", plain | {"added_tokens_decoder": {
        " 23\n": decoder(i0=added("<e>"))["0"], "+2_2": decoder(i0=added("[NEW]"))["0"]}}, texts=few)
    twice = '{"tokenizer_class": "AlbertTokenizer", "tokenizer_class": "BertTokenizer", "do_lower_case": true, ' \
        '"model_max_length": NaN, "x": [-Infinity, {"NaN": "NaN\\" Infinity"}], "y": Infinity, "do_lower_case": false}'
    yield case("lenient_config", "bert", files={"tokenizer_config.json": twice}, texts=few)
    yield case("lenient_tokens", "bert", plain, texts=few, files={
        "added_tokens.json": '{"[NEW]": 40, "<e>": 23, "[NEW]": 22}',
        "special_tokens_map.json": '{"mask_token": "a", "mask_token": "<e>", "z": NaN}'})
    yield case("lenient_model", "bert", texts=few, files={
        "config.json": '{"model_type": "t5", "model_type": "bert", "z": Infinity}'}, set={"/normalizer/lowercase": False})
    for flag in (0, 1):
        yield case(f"lenient_bos_{flag}", "llama", {"tokenizer_class": "LlamaTokenizer", "add_bos_token": flag,
                                                    "add_eos_token": 1 - flag}, texts=["a", "hello"])
        yield case(f"lenient_legacy_{flag}", "xlmr", {"tokenizer_class": "NllbTokenizer", "legacy_behaviour": flag},
                   texts=["a", "hello"])
        yield case(f"lenient_lowercase_{flag}", "bert", plain | {"do_lower_case": flag}, texts=few,
                   set={"/normalizer/lowercase": bool(flag)})
        for declared in (True, False):  # A number that would change it is passed over.
            yield case(f"lenient_prefix_{flag}_{declared}", "roberta", {
                "tokenizer_class": "RobertaTokenizer", "add_prefix_space": flag}, texts=["a hello"],
                set={"/pre_tokenizer/add_prefix_space": declared, "/post_processor/add_prefix_space": bool(flag)})
            yield case(f"lenient_bloom_{flag}_{declared}", "roberta", {
                "tokenizer_class": "BloomTokenizer", "add_prefix_space": flag}, texts=["a hello"],
                set={"/pre_tokenizer/add_prefix_space": declared})
    funnel = ["<unk>" if word == "[UNK]" else word for word in BERT_WORDS]
    for name, config, words in (
            ("funnel", {}, [{"[CLS]": "<cls>", "[SEP]": "<sep>", "[PAD]": "<pad>"}.get(word, word) for word in funnel]),
            ("funnel_named", {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]"}, funnel),
            ("funnel_without", {}, funnel),
            ("splinter", {}, BERT_WORDS + ["[QUESTION]", "."]), ("splinter_without", {}, BERT_WORDS),
            ("splinter_cased", {"do_lower_case": False, "question_token": "foo"}, BERT_WORDS)):
        yield case("vocab_" + name, None, {"tokenizer_class": name.split("_")[0].capitalize() + "Tokenizer"} | config,
                   files={"vocab.txt": "\n".join(words) + "\n"}, texts=few + ["[QUESTION] foo S\u00e3o . a"])


def prefix_cases():
    declared = {"/pre_tokenizer/add_prefix_space": True}
    for name in ("RobertaTokenizer", "PreTrainedTokenizerFast", "GPT2Tokenizer", "LlamaTokenizer"):
        plain = {"tokenizer_class": name} | ({"bos_token": "<s>"} if name == "LlamaTokenizer" else {})
        yield case(name + "_prefix_absent", "roberta", plain, set=declared)
        if name != "LlamaTokenizer":
            yield case(name + "_prefix_true", "roberta", plain | {"add_prefix_space": True})
            yield case(name + "_prefix_false", "roberta", plain | {"add_prefix_space": False}, set=declared)
    yield case("prefix_null", "roberta", {"tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": None}, set=declared)
    yield case("prefix_unsplit", "roberta", {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True},
               set={"/pre_tokenizer/use_regex": False})


    nested = {"/pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Digits", "individual_digits": True},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]}}
    for name in ("BloomTokenizer", "CohereTokenizer", "GPT2Tokenizer"):
        for flag in (True, False):
            yield case(f"{name}_nested_{flag}", "roberta", {"tokenizer_class": name, "add_prefix_space": flag}, set=nested,
                       texts=["1a hello", "hello a"])


def begin_and_end_cases():
    choices = {"add_bos_token": (None, True, False), "add_eos_token": (None, True, False)}
    for name in ("LlamaTokenizer", "GemmaTokenizer", "PreTrainedTokenizerFast"):
        tokens = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<unk>"}
        for bos, eos in itertools.product(*choices.values()):
            said = {key: value for key, value in zip(choices, (bos, eos)) if value is not None}
            yield case(f"{name}_bos_{bos}_eos_{eos}".lower(), "llama", {"tokenizer_class": name} | tokens | said, texts=FEW)
    yield case("llama_new_bos", "llama", {"tokenizer_class": "LlamaTokenizer", "bos_token": "[NEW]", "add_eos_token": True})


def rebuilt_cases():
    for base, name in (("albert", "AlbertTokenizer"), ("deberta", "DebertaV2Tokenizer"), ("t5", "T5Tokenizer"),
                       ("xlmr", "XLMRobertaTokenizer"), ("xlmr", "BarthezTokenizer")):
        yield case("rebuilt_" + name, base, {"tokenizer_class": name})
    yield case("t5_extra_ids", "t5", {"tokenizer_class": "T5Tokenizer", "extra_ids": 3})


def language_cases():
    """Classes of translation, which put the text's language around it, and classes with long lists of tokens."""
    texts = ["a b c hello", "a <mask> en_XX b", "eng_Latn __eng__ a"]
    codes = {"MBartTokenizer": ("en_XX", "de_DE"), "MBart50Tokenizer": ("en_XX", "de_DE"),
             "NllbTokenizer": ("eng_Latn", "deu_Latn"), "SeamlessM4TTokenizer": ("__eng__", "__deu__")}
    for name, (usual, other) in codes.items():
        plain = {"tokenizer_class": name}
        listed = {"additional_special_tokens": [other, "<e>", usual]}
        yield case("language_" + name, "xlmr", plain, texts=texts)
        yield case("language_listed_" + name, "xlmr", plain | listed, texts=texts)
        yield case("language_source_" + name, "xlmr", plain | listed | {"src_lang": other, "tgt_lang": usual}, texts=texts)
        yield case("language_null_" + name, "xlmr", plain | {"additional_special_tokens": None} | (
            {} if name.startswith("Seamless") else {"src_lang": None}), texts=texts)
        yield case("language_of_json_" + name, "xlmr", plain | {"src_lang": other}, texts=texts, set={
            "/added_tokens": [added("<s>", id=0), added(other, id=20), added(usual, id=21)]})
        yield case("language_tokens_" + name, "xlmr", plain | {"eos_token": "<e>", "unk_token": "a"}, texts=texts)
        yield case("language_legacy_" + name, "xlmr", plain | listed | {"legacy_behaviour": True, "src_lang": other}, texts=texts)
        if name != "MBart50Tokenizer":
            yield case("language_unknown_" + name, "xlmr", plain | {"src_lang": "xx"}, texts=texts)
    yield case("language_none_listed", "xlmr", {"tokenizer_class": "NllbTokenizer", "additional_special_tokens": []}, texts=texts)
    yield case("language_short", "xlmr", {"tokenizer_class": "SeamlessM4TTokenizer", "src_lang": "deu",
                                          "additional_special_tokens": ["__deu__"]}, texts=texts)
    long = ["a <unk_2> b", "<mask_1><mask_2>c <unk_102> <unk_5>", "<e> <madeupword1> \u2581<PRE>a"]
    for name, base in (("PegasusTokenizer", "t5"), ("XGLMTokenizer", "xlmr"), ("CodeLlamaTokenizer", "llama")):
        plain = {"tokenizer_class": name}
        yield case("list_of_" + name, base, plain, texts=long)
        yield case("list_beside_" + name, base, plain | {"additional_special_tokens": ["<e>"]}, texts=long)
        yield case("list_null_" + name, base, plain | {"additional_special_tokens": None}, texts=long)
    pegasus = {"tokenizer_class": "PegasusTokenizer"}
    yield case("pegasus_offset", "t5", pegasus | {"offset": 5, "mask_token_sent": None}, texts=long)
    yield case("pegasus_offset_beside", "t5", pegasus | {"offset": 5, "additional_special_tokens": ["<e>"]}, texts=long)
    yield case("pegasus_without_decoder", "t5", pegasus | {"added_tokens_decoder": decoder(i40=added("hello"))}, texts=long)


def vocab_cases():
    def vocab(name, config, words, end="\n", **files):
        return case(name, None, config, files={"vocab.txt": end.join(words) + end} | files)

    bert = {"tokenizer_class": "BertTokenizer"}
    yield vocab("vocab", bert, BERT_WORDS)
    yield vocab("vocab_lines", bert, BERT_WORDS, end="\r\n")
    yield vocab("vocab_old_lines", bert, BERT_WORDS, end="\r")
    yield vocab("vocab_spaces", bert, BERT_WORDS[:8] + ["b ", "c"] + BERT_WORDS[10:])
    yield vocab("vocab_cased", bert | {"do_lower_case": False}, BERT_WORDS)
    yield vocab("vocab_accents", bert | {"strip_accents": False, "tokenize_chinese_chars": False}, BERT_WORDS)
    yield vocab("vocab_without_mask", bert, BERT_WORDS[:4] + BERT_WORDS[5:])
    yield vocab("vocab_named", bert | {"cls_token": "hello", "sep_token": "world", "unk_token": "b"}, BERT_WORDS[5:])
    yield vocab("vocab_added", bert, BERT_WORDS, **{"added_tokens.json": {"[NEW]": 22}})
    yield vocab("vocab_mpnet", {"tokenizer_class": "MPNetTokenizer"}, MPNET_WORDS)
    yield vocab("vocab_by_model_type", None, BERT_WORDS, **{"config.json": {"model_type": "distilbert"}})


def pair_cases():
    """vocab.json with merges.txt."""
    def pair(name, config, words, **files):
        document = bpe_json(True)["model"]
        vocab = {words.get(word, word): i for word, i in document["vocab"].items()}
        merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in document["merges"]]
        text = "#version: 0.2\n" + "".join(merge + "\n" for merge in merges)
        return case(name, None, config, files={"vocab.json": vocab, "merges.txt": text} | files)

    for name in ("RobertaTokenizer", "LongformerTokenizer", "BartTokenizer"):
        yield pair("pair_" + name, {"tokenizer_class": name}, {})
    yield pair("pair_prefix", {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True}, {})
    yield pair("pair_named", {"tokenizer_class": "RobertaTokenizer", "cls_token": "<pad>", "mask_token": "<e>"}, {})
    yield pair("pair_by_model_type", None, {}, **{"config.json": {"model_type": "roberta"}})
    again = {"added_tokens.json": {"<s>": 30, "</s>": 31}}
    yield pair("pair_again", {"tokenizer_class": "RobertaTokenizer"}, {}, **again)
    yield pair("pair_without", {"tokenizer_class": "RobertaTokenizer"}, {"<s>": "<other>", "</s>": "<more>"})
    special = {"<s>": "[CLS]", "</s>": "[SEP]", "<pad>": "[PAD]", "<unk>": "[UNK]", "<mask>": "[MASK]"}
    yield pair("pair_DebertaTokenizer", {"tokenizer_class": "DebertaTokenizer"}, special)
    yield pair("pair_deberta_again", {"tokenizer_class": "DebertaTokenizer"}, special,
               **{"added_tokens.json": {"[CLS]": 30, "[SEP]": 31}})


def model_cases():
    def model(name, base, config, file="sentencepiece.bpe.model", **files):
        return case(name, None, config, model=base, files=files, **{"as": file})

    for base in ("fairseq", "plain"):
        yield model("spm_xlmr_" + base, base, {"tokenizer_class": "XLMRobertaTokenizer"})
        yield model("spm_camembert_" + base, base, {"tokenizer_class": "CamembertTokenizer"})
    yield model("spm_camembert_by_model_type", "fairseq", None, **{"config.json": {"model_type": "camembert"}})
    yield model("spm_albert", "albert", {"tokenizer_class": "AlbertTokenizer"}, "spiece.model")
    yield model("spm_albert_cased", "albert", {"tokenizer_class": "AlbertTokenizer", "do_lower_case": False,
                                               "keep_accents": True}, "spiece.model")
    yield model("spm_fnet", "albert", {"tokenizer_class": "FNetTokenizer"}, "spiece.model")
    yield model("spm_deberta", "deberta", {"tokenizer_class": "DebertaV2Tokenizer"}, "spm.model")
    yield model("spm_deberta_lower", "deberta", {"tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": True,
                                                 "split_by_punct": True}, "spm.model")
    yield model("spm_deberta_added", "deberta", {"tokenizer_class": "DebertaV2Tokenizer"}, "spm.model",
                **{"added_tokens.json": {"[MASK]": 26}})
    for base, name, tokens in (("deberta", "DebertaV2Tokenizer", {"[CLS]": 9}), ("albert", "AlbertTokenizer", {"[CLS]": 9}),
                               ("fairseq", "XLMRobertaTokenizer", {"<s>": 9}), ("fairseq", "CamembertTokenizer", {"<s>": 9}),
                               ("t5", "T5Tokenizer", {"</s>": 9}), ("barthez", "BarthezTokenizer", {"<s>": 9}),
                               ("xlnet", "XLNetTokenizer", {"<cls>": 9}), ("albert", "BigBirdTokenizer", {"[SEP]": 9}),
                               ("albert", "FNetTokenizer", {"[SEP]": 9}), ("albert", "RemBertTokenizer", {"[SEP]": 9})):
        yield model("spm_again_" + name, base, {"tokenizer_class": name}, "spm.model" if "V2" in name else
                    "spiece.model" if name in ("AlbertTokenizer", "T5Tokenizer", "XLNetTokenizer", "BigBirdTokenizer",
                                               "FNetTokenizer") else
                    "sentencepiece.model" if "Rem" in name else "sentencepiece.bpe.model", **{"added_tokens.json": tokens})
    yield model("spm_t5", "t5", {"tokenizer_class": "T5Tokenizer"}, "spiece.model")
    yield model("spm_t5_not_legacy", "t5", {"tokenizer_class": "T5Tokenizer", "legacy": False, "extra_ids": 2}, "spiece.model")
    yield model("spm_barthez", "barthez", {"tokenizer_class": "BarthezTokenizer"})
    yield model("spm_xlnet", "xlnet", {"tokenizer_class": "XLNetTokenizer"}, "spiece.model")
    yield model("spm_big_bird", "albert", {"tokenizer_class": "BigBirdTokenizer"}, "spiece.model")
    yield model("spm_rembert", "albert", {"tokenizer_class": "RemBertTokenizer"}, "sentencepiece.model")


def set_pointer(document, pointer, value):
    *path, last = pointer.removeprefix("/").split("/")
    for key in path:
        document = document[key]
    document[last] = value


def write_folder(row, base, folder):
    if row.get("json"):
        document = copy.deepcopy(base["json"][row["json"]])
        for pointer, value in row["set"].items():
            set_pointer(document, pointer, value)
        with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as file:
            json.dump(document, file)
    if row.get("model"):
        with open(os.path.join(folder, row["as"]), "wb") as file:
            file.write(base64.b64decode(base["model"][row["model"]]))
    for name, content in row["files"].items():
        text = content if isinstance(content, str) else json.dumps(content)
        with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as file:
            file.write(text)


def freeze(row, base):
    with tempfile.TemporaryDirectory() as folder:
        write_folder(row, base, folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        texts = row.pop("texts")
        # SeamlessM4T's tokenizer pads to an even length if it is not told otherwise.
        row["rows"] = []
        for text in texts:
            whole = tokenizer(text, padding=False)
            cut = tokenizer(text, padding=False, truncation=True, max_length=MAX_LENGTH)
            types = whole.get("token_type_ids", [])
            row["rows"].append([text, whole["input_ids"], cut["input_ids"]] + ([types] if any(types) else []))
    return {key: value for key, value in row.items() if value}


def main():
    if transformers.__version__ != PINNED:
        sys.exit(f"transformers is {transformers.__version__}, expected {PINNED}")
    base = bases()
    lines, failed = [base], 0
    for make in (bert_cases, truncation_cases, token_cases, split_cases, extra_cases, id_cases,
                 leniency_cases, prefix_cases, begin_and_end_cases, rebuilt_cases, language_cases,
                 vocab_cases,
                 pair_cases, model_cases, odd_cases, class_cases):
        for row in make():
            try:
                lines.append(freeze(row, base))
            except Exception as error:
                failed += 1
                print(row["name"], repr(error)[:200], file=sys.stderr)
    with open(sys.argv[1], "w", encoding="ascii") as out:
        for line in lines:
            out.write(json.dumps(line, separators=(",", ":")) + "\n")
    print(len(lines) - 1, "folders;", failed, "failed")


if __name__ == "__main__":
    main()
