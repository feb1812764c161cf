"""The small tokenizers that the folders of make_folder_cases.py begin with."""
import base64
import json
import os
import tempfile

import sentencepiece
import tokenizers
from transformers.convert_slow_tokenizer import import_protobuf

BERT_WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "world", "a", "b", "c", "##a", "##b", "sao", "paulo",
              "\u4f60", "##\u597d", "Hello", "World", "S\u00e3o", "s\u00e3o", "foo", "q"]
MPNET_WORDS = ["<s>", "<pad>", "</s>", "<unk>", "hello", "world", "a", "b", "sao", "[UNK]", "<mask>", "S\u00e3o"]


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
            "t5_without_end": sp_model({"<pad>": CONTROL, "<unk>": UNKNOWN}, 1, rules),
            "barthez": sp_model({"<s>": CONTROL, "<pad>": CONTROL, "</s>": CONTROL, "<unk>": UNKNOWN, "<mask>": CONTROL}, 3,
                                rules),
            "xlnet": sp_model({"<unk>": UNKNOWN, "<s>": CONTROL, "</s>": CONTROL, "<cls>": CONTROL, "<sep>": CONTROL,
                               "<pad>": CONTROL, "<mask>": CONTROL, "<eod>": CONTROL, "<eop>": CONTROL}, 0, rules),
        },
    }
