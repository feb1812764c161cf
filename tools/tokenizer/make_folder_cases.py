#!/usr/bin/env python3
"""Freezes what transformers makes of tokenizer folders: tests/data/tokenizer/folders.jsonl.

Usage:
    make_folder_cases.py OUTPUT.jsonl

The first line holds the tokenizers that the cases begin with: {"json": {NAME: tokenizer.json}, "model": {NAME: a
SentencePiece model in base64}}. Each other line is a folder: {"name", "json" or "model": one of those, "as": the
file's name, "set": {pointer: value} to change in a tokenizer.json, "files": {name: content}, "rows": [[text, ids, ids
at most 5]]}, as AutoTokenizer gives them. All vocabularies are small and our own. Same versions, same bytes. Needs
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

import sentencepiece
import tokenizers
import transformers
from transformers import AutoTokenizer
from transformers.convert_slow_tokenizer import import_protobuf

PINNED = "4.57.6"
MAX_LENGTH = 5
TEXTS = ["Hello World a S\u00e3o Paulo", "hello world a b c sao paulo", "a [MASK] b<mask> a", "a [NEW] foo FOO ba <e>q",
         "\u4f60\u597da b", "  a  b \t\n", "``a'' 1, \ufb01n"]
FEW = [TEXTS[0], TEXTS[4], "a b c hello world"]
BERT_WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "world", "a", "b", "c", "##a", "##b", "sao", "paulo",
              "\u4f60", "##\u597d", "Hello", "World", "S\u00e3o", "s\u00e3o", "foo", "q"]
MPNET_WORDS = ["<s>", "<pad>", "</s>", "<unk>", "hello", "world", "a", "b", "sao", "[UNK]", "<mask>", "S\u00e3o"]


def added(content, **flags):
    token = {"id": 0, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": True}
    return token | flags


def decoder(**tokens):
    """added_tokens_decoder: i18=TOKEN is the token of id 18."""
    return {name[1:]: {key: value for key, value in token.items() if key != "id"} for name, token in tokens.items()}


def bert_json():
    words = {word: i for i, word in enumerate(BERT_WORDS)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(words, unk_token="[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.add_special_tokens(BERT_WORDS[:5])
    return json.loads(tokenizer.to_str())


def bpe_json(byte_level):
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()) if byte_level else list("abcdefghlnoqrsuwHWFOSP1,\u2581\u00e3")
    first = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"] if byte_level else ["<unk>", "<s>", "</s>"]
    first += [] if byte_level else [f"<0x{i:02X}>" for i in range(256)]
    merges = [("l", "l"), ("h", "e"), ("he", "ll"), ("hell", "o")]
    merges += [("\u0120", "a")] if byte_level else [("\u2581", "a")]
    words = first + alphabet + ["".join(merge) for merge in merges]
    vocab = {word: i for i, word in enumerate(dict.fromkeys(words))}
    model = tokenizers.models.BPE(vocab, merges, unk_token=None if byte_level else "<unk>", fuse_unk=not byte_level,
                                  byte_fallback=not byte_level)
    tokenizer = tokenizers.Tokenizer(model)
    if byte_level:
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.post_processor = tokenizers.processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    else:
        tokenizer.normalizer = tokenizers.normalizers.Replace(" ", "\u2581")
        tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    tokenizer.add_special_tokens([word for word in first if not word.startswith("<0x")])
    return json.loads(tokenizer.to_str())


def unigram_json(template, first):
    pieces = [(word, 0.0) for word in first] + [(word, -2.0 - i / 8) for i, word in enumerate(
        ["\u2581", "\u2581a", "a", "b", "c", "hello", "\u2581world", "o", "S", "\u00e3", "s", "1", ",", "fin", "q", "\""])]
    unknown = next(i for i, word in enumerate(first) if word.strip("<>[]").lower() == "unk")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.Unigram(pieces, unk_id=unknown))
    tokenizer.normalizer = tokenizers.normalizers.Sequence([
        tokenizers.normalizers.NFKC(), tokenizers.normalizers.Replace(tokenizers.Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    begin, end = template
    around = [(token, first.index(token)) for token in template if token]
    single = f"{begin} $A {end}".strip()
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single=single, pair=f"{single} $B {end}", special_tokens=around)
    tokenizer.add_special_tokens(first)
    return json.loads(tokenizer.to_str())


def charsmap():
    """A character map with a handful of rules."""
    with tempfile.TemporaryDirectory() as folder:
        rules, texts = os.path.join(folder, "rules.tsv"), os.path.join(folder, "texts")
        with open(rules, "w", encoding="ascii") as file:
            file.write("FB01\t66 69\n9\t20\nA\t20\nA0\t20\n")
        with open(texts, "w", encoding="ascii") as file:
            file.write("hello world a b c\n" * 30)
        sentencepiece.SentencePieceTrainer.train(
            input=texts, model_prefix=os.path.join(folder, "m"), vocab_size=17, hard_vocab_limit=False,
            normalization_rule_tsv=rules, model_type="unigram", minloglevel=2)
        proto = import_protobuf().ModelProto()
        with open(os.path.join(folder, "m.model"), "rb") as file:
            proto.ParseFromString(file.read())
    return proto.normalizer_spec.precompiled_charsmap


CONTROL, UNKNOWN, USER = 3, 2, 4


def sp_model(head, unk_id, rules):
    """A SentencePiece model whose first pieces are `head`: {piece: type}."""
    proto = import_protobuf().ModelProto()
    for piece, kind in head.items():
        proto.pieces.add(piece=piece, score=0.0, type=kind)
    words = ["\u2581", "\u2581a", "a", "b", "c", "hello", "\u2581hello", "\u2581world", "o", "S", "s", "\u00e3", "1", ",",
             "1,", "fi", "n", "q", "\"", "\u2581foo", "H", "ello"]
    for i, word in enumerate(words):
        proto.pieces.add(piece=word, score=-2.0 - i / 8)
    proto.trainer_spec.model_type = 1
    proto.trainer_spec.unk_id = unk_id
    if rules:
        proto.normalizer_spec.precompiled_charsmap = rules
    return base64.b64encode(proto.SerializeToString()).decode("ascii")


def bases():
    rules = charsmap()
    fairseq = {"<unk>": UNKNOWN, "<s>": CONTROL, "</s>": CONTROL}
    return {
        "json": {
            "bert": bert_json(), "roberta": bpe_json(True), "llama": bpe_json(False),
            "albert": unigram_json(("[CLS]", "[SEP]"), ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]),
            "deberta": unigram_json(("[CLS]", "[SEP]"), ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]),
            "t5": unigram_json(("", "</s>"), ["<pad>", "</s>", "<unk>"]),
            "xlmr": unigram_json(("<s>", "</s>"), ["<s>", "<pad>", "</s>", "<unk>"]),
        },
        "model": {
            "fairseq": sp_model(fairseq, 0, rules), "plain": sp_model(fairseq, 0, b""),
            "albert": sp_model({"<pad>": CONTROL, "<unk>": UNKNOWN, "[CLS]": CONTROL, "[SEP]": CONTROL, "[MASK]": CONTROL,
                                "(": USER}, 1, rules),
            "deberta": sp_model({"[PAD]": CONTROL, "[CLS]": CONTROL, "[SEP]": CONTROL, "[UNK]": UNKNOWN}, 3, rules),
            "t5": sp_model({"<pad>": CONTROL, "</s>": CONTROL, "<unk>": UNKNOWN}, 2, rules),
            "barthez": sp_model({"<s>": CONTROL, "<pad>": CONTROL, "</s>": CONTROL, "<unk>": UNKNOWN, "<mask>": CONTROL}, 3,
                                rules),
            "xlnet": sp_model({"<unk>": UNKNOWN, "<s>": CONTROL, "</s>": CONTROL, "<cls>": CONTROL, "<sep>": CONTROL,
                               "<pad>": CONTROL, "<mask>": CONTROL, "<eod>": CONTROL, "<eop>": CONTROL}, 0, rules),
        },
    }


def case(name, base, config=None, **more):
    row = {"name": name, "json": base, "set": {}, "files": {}, "texts": TEXTS} | more
    if config is not None:
        row["files"] = {"tokenizer_config.json": config} | row["files"]
    return row


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
    special = {"<s>": "[CLS]", "</s>": "[SEP]", "<pad>": "[PAD]", "<unk>": "[UNK]", "<mask>": "[MASK]"}
    yield pair("pair_DebertaTokenizer", {"tokenizer_class": "DebertaTokenizer"}, special)


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
        row["rows"] = [[text, tokenizer(text, padding=False)["input_ids"],
                        tokenizer(text, padding=False, truncation=True, max_length=MAX_LENGTH)["input_ids"]] for text in texts]
    return {key: value for key, value in row.items() if value}


def main():
    if transformers.__version__ != PINNED:
        sys.exit(f"transformers is {transformers.__version__}, expected {PINNED}")
    base = bases()
    lines, failed = [base], 0
    for make in (bert_cases, truncation_cases, token_cases, split_cases, extra_cases, prefix_cases, begin_and_end_cases, rebuilt_cases, language_cases,
                 vocab_cases,
                 pair_cases, model_cases):
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
