#!/usr/bin/env python3
"""Writes src/tokenizer/folder/class_table_data.cc: what the tokenizer classes of transformers do to a tokenizer.json.

Usage:
    make_class_table.py OUTPUT.cc

Each fast class is built over a small tokenizer whose parts differ from every default, and what the class changed is
noted: the keys of BertNormalizer, of the post-processor, the special tokens that it adds and their form. A class that
has no fast form is noted as such. Same version, same bytes. Needs transformers==4.57.6 and sentencepiece, not torch.
"""
import inspect
import json
import os
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import tokenizers
import transformers
from tokenizers import AddedToken, normalizers, processors
from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES, tokenizer_class_from_name

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
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="x"))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
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


def token_text(key, token):
    """KEY:FLAGS:CONTENT; flags "" is a bare string, else A and the token's own."""
    flags = ""
    if isinstance(token, AddedToken):
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


def fast_row(name, cls):
    tokenizer = build(cls, processors.TemplateProcessing(single="$A", pair="$A $B", special_tokens=[]))
    return f'    {{"{name}", N::{normalizer_rule(tokenizer)}, P::{post_rule(cls)}, true, "{tokens_of(cls)}"}},'


def rows():
    names = {"PreTrainedTokenizer", "DPRContextEncoderTokenizer", "DPRReaderTokenizer", "MarkupLMTokenizer",
             "LayoutXLMTokenizer", "HerbertTokenizer"}
    for slow, fast in TOKENIZER_MAPPING_NAMES.values():
        names.update(name.removesuffix("Fast") for name in (slow, fast) if name)
    for name in sorted(names):
        cls = tokenizer_class_from_name(name + "Fast")
        if cls is None:
            yield f'    {{"{name}", N::kKeep, P::kKeep, false, ""}},'
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
