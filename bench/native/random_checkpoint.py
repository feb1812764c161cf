#!/usr/bin/env python3
"""Writes a checkpoint of a published shape with random weights, for benchmarks: speed does not depend on their values.

usage: random_checkpoint.py SHAPE FOLDER TOKENIZER_FOLDER     SHAPE: bge-base or modernbert-base

The shapes are those of BAAI/bge-base-en-v1.5 (12 layers, 768 wide) and answerdotai/ModernBERT-base (22 layers, 768 wide),
as their config.json files say. The tokenizer is copied from a folder that has one; its vocabulary has to be the smaller.
Standard library only. Nothing is written if FOLDER holds the weights already.
"""
import array
import json
import random
import shutil
import struct
import sys
from pathlib import Path

BLOCK = 1 << 20  # Numbers that are drawn; a large tensor repeats them.

BERT = {"model_type": "bert", "architectures": ["BertModel"], "vocab_size": 30522, "hidden_size": 768,
        "num_attention_heads": 12, "num_hidden_layers": 12, "intermediate_size": 3072, "hidden_act": "gelu",
        "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "type_vocab_size": 2, "position_embedding_type": "absolute"}
MODERNBERT = {"model_type": "modernbert", "architectures": ["ModernBertModel"], "vocab_size": 50368, "hidden_size": 768,
              "num_attention_heads": 12, "num_hidden_layers": 22, "intermediate_size": 1152, "hidden_activation": "gelu",
              "norm_eps": 1e-5, "max_position_embeddings": 8192, "global_attn_every_n_layers": 3, "local_attention": 128,
              "global_rope_theta": 160000.0, "local_rope_theta": 10000.0, "attention_bias": False, "mlp_bias": False,
              "norm_bias": False}


def bert_tensors(config):
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    yield "embeddings.word_embeddings.weight", (config["vocab_size"], hidden)
    yield "embeddings.position_embeddings.weight", (config["max_position_embeddings"], hidden)
    yield "embeddings.token_type_embeddings.weight", (config["type_vocab_size"], hidden)
    yield from norm("embeddings.LayerNorm", hidden)
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}"
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            yield from linear(f"{name}.{part}", hidden, hidden)
        yield from norm(f"{name}.attention.output.LayerNorm", hidden)
        yield from linear(f"{name}.intermediate.dense", inner, hidden)
        yield from linear(f"{name}.output.dense", hidden, inner)
        yield from norm(f"{name}.output.LayerNorm", hidden)


def modernbert_tensors(config):
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    yield "embeddings.tok_embeddings.weight", (config["vocab_size"], hidden)
    yield "embeddings.norm.weight", (hidden,)
    for layer in range(config["num_hidden_layers"]):
        name = f"layers.{layer}"
        if layer:
            yield f"{name}.attn_norm.weight", (hidden,)
        yield f"{name}.attn.Wqkv.weight", (3 * hidden, hidden)
        yield f"{name}.attn.Wo.weight", (hidden, hidden)
        yield f"{name}.mlp_norm.weight", (hidden,)
        yield f"{name}.mlp.Wi.weight", (2 * inner, hidden)
        yield f"{name}.mlp.Wo.weight", (hidden, inner)
    yield "final_norm.weight", (hidden,)


def linear(name, out, features):
    yield f"{name}.weight", (out, features)
    yield f"{name}.bias", (out,)


def norm(name, hidden):
    yield f"{name}.weight", (hidden,)
    yield f"{name}.bias", (hidden,)


SHAPES = {"bge-base": (BERT, bert_tensors), "modernbert-base": (MODERNBERT, modernbert_tensors)}


def size_of(shape):
    count = 1
    for length in shape:
        count *= length
    return count


def write_weights(path, tensors):
    header, end = {}, 0
    for name, shape in tensors:
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [end, end + 4 * size_of(shape)]}
        end += 4 * size_of(shape)
    draw = random.Random(1)
    weights = array.array("f", (draw.gauss(0, 0.02) for _ in range(BLOCK))).tobytes()
    scales = array.array("f", (1 + draw.gauss(0, 0.02) for _ in range(4096))).tobytes()
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in tensors:
            # A norm's factors lie around one, so that activations keep their size from layer to layer.
            block, left = scales if "norm" in name.lower() and len(shape) == 1 else weights, 4 * size_of(shape)
            while left:
                file.write(block[:left])
                left -= min(left, len(block))


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in SHAPES:
        sys.exit(__doc__)
    config, tensors = SHAPES[sys.argv[1]]
    folder, tokenizer = Path(sys.argv[2]), Path(sys.argv[3])
    weights = folder / "model.safetensors"
    if weights.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        if (tokenizer / name).exists():
            shutil.copy(tokenizer / name, folder / name)
    part = weights.with_suffix(".part")
    write_weights(part, list(tensors(config)))
    part.rename(weights)


if __name__ == "__main__":
    main()
