#!/usr/bin/env python3
"""Writes src/tokenizer/folder/class_table_data.cc: what the tokenizer classes of transformers do to a tokenizer.json.

Usage:
    make_class_table.py OUTPUT.cc

Each fast class is built over a small tokenizer whose parts differ from every default, and what the class changed is
noted: the keys of BertNormalizer, of the post-processor, the special tokens that it adds and their form. A class that
has no fast form is noted as such. Of the classes whose other vocabulary files vetor reads, the Python form is built, too:
it names the special tokens where there is no tokenizer.json. Same version, same bytes. Needs transformers==4.57.6 and sentencepiece, not torch.
"""
import base64
import inspect
import json
import os
import sys
import tempfile

os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import tokenizers
import transformers
from tokenizers import AddedToken, normalizers, pre_tokenizers, processors
from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES, tokenizer_class_from_name

from folder_bases import BERT_WORDS, MPNET_WORDS, bases, bpe_json

PINNED = "4.57.6"
KEYS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
HEAD = '''// Made by tools/tokenizer/make_class_table.py with transformers {version}; not to be edited.
#include "tokenizer/folder/class_table.h"

namespace vetor {{

using N = TokenizerClass::Normalizer;
using P = TokenizerClass::PostProcessor;

// clang-format off
const std::array<TokenizerClass, kTokenizerClasses> kTokenizerClassTable = {{{{
'''


def probe(post_processor):
    """A tokenizer whose normalizer and post-processor no class would choose."""
    words = {"x": 0, "y": 1}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(words, [], unk_token="x"))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([])  # CLIPTokenizer takes nothing else.
    tokenizer.post_processor = post_processor
    return tokenizer


def build(cls, post_processor, **options):
    return cls(tokenizer_object=probe(post_processor), **options)


def normalizer_rule(tokenizer):
    state = json.loads(tokenizer.backend_tokenizer.normalizer.__getstate__())
    if state["handle_chinese_chars"]:
        return "kBert"
    return "kBertCase" if state["strip_accents"] is None else "kKeep"


def post_rule(cls):
    if hasattr(cls, "set_src_lang_special_tokens"):
        return "kLanguage"
    if hasattr(cls, "update_post_processor"):
        return "kBosEos" if inspect.signature(cls.__init__).parameters["add_bos_token"].default else "kNoBosEos"
    roberta = processors.RobertaProcessing(("x", 0), ("y", 1), trim_offsets=False, add_prefix_space=True)
    try:
        state = json.loads(build(cls, roberta).backend_tokenizer.post_processor.__getstate__())
    except Exception:  # a class that needs other tokens than the probe has: none of ours
        return "kKeep"
    return "kRoberta" if state.get("trim_offsets") else "kKeep"


def token_text(key, token, python=False):
    """KEY:FLAGS:CONTENT; flags "" is a bare string, else A and the token's own."""
    flags = ""
    if isinstance(token, AddedToken):
        if not python:  # The fast form is made special when it is added, which may change "normalized".
            token.special = True
        flags = "A" + "".join(letter for letter, on in (
            ("L", token.lstrip), ("R", token.rstrip), ("N", token.normalized), ("S", token.special)) if on)
    content = str(token)
    assert " " not in content and '"' not in content, content
    return f"{key.removesuffix('_token')}:{flags}:{content}"


def more_key(cls):
    """When the class adds its own additional_special_tokens, and in which place."""
    empty = processors.TemplateProcessing(single="$A", pair="$A $B", special_tokens=[])
    try:
        both = [str(token) for token in build(cls, empty, additional_special_tokens=["<zz>"]).additional_special_tokens]
    except TypeError:  # Splinter's constructor
        return "more"
    if len(both) > 1:
        return "before" if both[-1] == "<zz>" else "also"
    return "some" if build(cls, empty, additional_special_tokens=None).additional_special_tokens else "more"


def tokens_of(cls):
    """The special tokens in the order in which the class adds them. T5's and Pegasus's hundred are rules of their own."""
    tokenizer = build(cls, processors.TemplateProcessing(single="$A", pair="$A $B", special_tokens=[]))
    tokens = [token_text(key, value) for key, value in tokenizer.special_tokens_map_extended.items() if key in KEYS]
    more = tokenizer.special_tokens_map_extended.get("additional_special_tokens", [])
    if more and not any("<extra_id_" in str(token) or "<unk_" in str(token) for token in more):
        key = more_key(cls)
        tokens += [token_text(key, token) for token in more]
    return " ".join(tokens)


def takes_padding(cls):
    """Whether the pad_token of a tokenizer.json's "padding" is the class's, if no file names one."""
    tokenizer = probe(processors.TemplateProcessing(single="$A", pair="$A $B", special_tokens=[]))
    tokenizer.enable_padding(pad_token="y")
    return cls(tokenizer_object=tokenizer).pad_token == "y"


SENTENCEPIECE = {
    "AlbertTokenizer": "albert", "BarthezTokenizer": "barthez", "BigBirdTokenizer": "albert", "CamembertTokenizer": "fairseq",
    "DebertaV2Tokenizer": "deberta", "FNetTokenizer": "albert", "MT5Tokenizer": "t5", "RemBertTokenizer": "albert",
    "T5Tokenizer": "t5", "XLMRobertaTokenizer": "fairseq", "XLNetTokenizer": "xlnet"}
BASES = bases()


def python_form(name, normalizer, post, folder):
    """The Python form over a vocabulary of ours; None for a class of which vetor reads no other file."""
    cls = tokenizer_class_from_name(name)
    vocab, merges = os.path.join(folder, "vocab"), os.path.join(folder, "merges")
    if name in SENTENCEPIECE:
        with open(vocab, "wb") as file:
            file.write(base64.b64decode(BASES["model"][SENTENCEPIECE[name]]))
        return cls(vocab)
    if normalizer != "kKeep" and not name.startswith("LayoutLMv"):
        with open(vocab, "w", encoding="utf-8") as file:
            file.write("\n".join(dict.fromkeys(BERT_WORDS + MPNET_WORDS + ["<cls>", "<sep>"])))
        return cls(vocab)
    if (post != "kRoberta" and name != "DebertaTokenizer") or name == "BlenderbotTokenizer":
        return None
    words = list(bpe_json(True)["model"]["vocab"]) + ["[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]"]
    with open(vocab, "w", encoding="utf-8") as file:
        json.dump({word: i for i, word in enumerate(words)}, file)
    with open(merges, "w", encoding="utf-8") as file:
        file.write("#version: 0.2\n")
    return cls(vocab, merges)


def python_tokens(name, normalizer, post, fast):
    """Those tokens of the Python form that are not as in the fast one."""
    def bare(text):
        key, flags, content = text.split(":", 2)
        return key, flags.replace("S", ""), content

    with tempfile.TemporaryDirectory() as folder:
        tokenizer = python_form(name, normalizer, post, folder)
    if tokenizer is None:
        return ""
    values = [(key, tokenizer.init_kwargs.get(key)) for key in KEYS]
    texts = [token_text(key, value, True) for key, value in values if value is not None]
    known = {bare(text) for text in fast.split()}
    return " ".join(text for text in texts if bare(text) not in known)


def fast_row(name, cls):
    tokenizer = build(cls, processors.TemplateProcessing(single="$A", pair="$A $B", special_tokens=[]))
    normalizer, post, tokens = normalizer_rule(tokenizer), post_rule(cls), tokens_of(cls)
    padding = "true" if takes_padding(cls) else "false"
    python = python_tokens(name, normalizer, post, tokens)
    return f'    {{"{name}", N::{normalizer}, P::{post}, true, {padding}, "{tokens}", "{python}"}},'


def rows():
    names = {"PreTrainedTokenizer", "DPRContextEncoderTokenizer", "DPRReaderTokenizer", "MarkupLMTokenizer",
             "LayoutXLMTokenizer", "HerbertTokenizer", "CLIPTokenizer"}
    for slow, fast in TOKENIZER_MAPPING_NAMES.values():
        names.update(name.removesuffix("Fast") for name in (slow, fast) if name)
    for name in sorted(names):
        cls = tokenizer_class_from_name(name + "Fast")
        if cls is None:
            yield f'    {{"{name}", N::kKeep, P::kKeep, false, false, "", ""}},'
            continue
        try:
            yield fast_row(name, cls)
        except Exception as error:  # a class that needs more than a tokenizer: it is not an encoder's
            print("left out:", name, repr(error)[:120], file=sys.stderr)


def main():
    if transformers.__version__ != PINNED:
        sys.exit(f"transformers is {transformers.__version__}, expected {PINNED}")
    classes = list(rows())
    types = []
    for model_type, (slow, fast) in sorted(TOKENIZER_MAPPING_NAMES.items()):
        if slow or fast:
            types.append(f'    {{"{model_type}", "{(fast or slow).removesuffix("Fast")}"}},')
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write(HEAD.format(version=PINNED))
        out.write("\n".join(classes) + "\n}};\n\n")
        out.write("const std::array<ModelTypeClass, kModelTypes> kModelTypeTable = {{\n")
        out.write("\n".join(types) + "\n}};\n// clang-format on\n\n}  // namespace vetor\n")
    print(len(classes), "classes,", len(types), "model types")


if __name__ == "__main__":
    main()
