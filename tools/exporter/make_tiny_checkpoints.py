#!/usr/bin/env python3
"""Makes tests/data/exporter/families: one tiny random checkpoint a family, and what its model answers.

    python tools/exporter/make_tiny_checkpoints.py [FAMILY ...]

Needs torch and transformers (made with transformers 4.57.6, torch 2.9, float32 on the CPU, eager attention). Every
family but two is transformers' own class. "nomic_bert" and "new" (gte) come as code inside their repositories: their
formula is written out below, in torch, from what is public about them: the papers (arXiv 2402.01613, 2407.19669), the
config keys and the tensor names.

A folder holds config.json, model.safetensors and golden.safetensors: for the batches "padded", "unpadded", "one_token"
and "full_length" (and "left_padded" where a family is used so) input_ids, attention_mask, token_type_ids where the
model takes them, and last_hidden_state.
"""

import json
import math
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

OUTPUT = Path(__file__).resolve().parents[2] / "tests/data/exporter/families"
VOCABULARY, HIDDEN, HEADS, INNER, LAYERS = 120, 32, 4, 48, 2
COMMON = {"vocab_size": VOCABULARY, "hidden_size": HIDDEN, "num_attention_heads": HEADS, "intermediate_size": INNER,
          "num_hidden_layers": LAYERS}


def randomise(tensors, seed):
    """Weights N(0, 0.15); norms around what they begin with, so that none can be left out unnoticed."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in tensors:
            if not tensor.is_floating_point():
                continue
            noise = 0.15 * torch.randn(tensor.shape, generator=generator)
            is_norm = tensor.dim() == 1 and "norm" in name.lower() or "_ln" in name or "emb_ln" in name
            keeps = tensor if is_norm else torch.zeros_like(tensor)
            tensor.copy_(keeps + noise)


def batches(full_length, pad, left):
    """Name -> (ids, mask)."""
    generator = torch.Generator().manual_seed(99)

    def rows(lengths, from_left=False):
        width = max(lengths)
        ids = torch.full((len(lengths), width), pad)
        mask = torch.zeros((len(lengths), width), dtype=torch.long)
        for row, length in enumerate(lengths):
            tokens = torch.randint(5, VOCABULARY, (length,), generator=generator)
            place = slice(width - length, width) if from_left else slice(0, length)
            ids[row, place], mask[row, place] = tokens, 1
        return ids, mask

    made = {"padded": rows([9, 3, 6]), "unpadded": rows([7, 7]), "one_token": rows([1]),
            "full_length": rows([full_length])}
    if left:
        made["left_padded"] = rows([8, 5], from_left=True)
    return made


def write(name, config, tensors, run, full_length, *, pad=0, left=False, types=False):
    folder = OUTPUT / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    save_file({key: value.contiguous().clone() for key, value in tensors.items()}, folder / "model.safetensors")
    golden = {}
    for batch, (ids, mask) in batches(full_length, pad, left).items():
        inputs = {"input_ids": ids, "attention_mask": mask}
        if types:
            inputs["token_type_ids"] = (torch.arange(ids.shape[1]) % 3 == 2).long().expand(ids.shape).contiguous()
        with torch.no_grad():
            hidden = run(**inputs)
        for key, value in {**inputs, "last_hidden_state": hidden}.items():
            golden[f"{batch}.{key}"] = value.contiguous()
    save_file(golden, folder / "golden.safetensors")
    print(f"{name}: {sum(f.stat().st_size for f in folder.iterdir())} bytes, "
          f"largest component {hidden.abs().max().item():.2f}")


def write_transformers(name, model_class, config, full_length, *, seed, inner_name="", **more):
    """`model_class` may be a task's model; `inner_name` is then the encoder inside."""
    config.architectures = [model_class.__name__]
    saved = config.to_dict()  # Before the model is made: Gemma 3's changes its own sliding_window.
    for key in ("torch_dtype", "dtype", "transformers_version", "_attn_implementation_autoset"):
        saved.pop(key, None)
    config._attn_implementation = "eager"
    torch.manual_seed(seed)
    model = model_class(config).eval()
    randomise(model.named_parameters(), seed)
    encoder = getattr(model, inner_name) if inner_name else model
    state = {key: value for key, value in model.state_dict().items() if value.is_floating_point()}
    shared = {}
    for key in list(state):  # Tied heads.
        if state[key].data_ptr() in shared:
            del state[key]
        else:
            shared[state[key].data_ptr()] = key
    write(name, saved, state, lambda **inputs: encoder(**inputs).last_hidden_state, full_length, **more)


# ---- Families whose code is not in transformers -------------------------------------------------------------------

def rotate(x, theta_powers):
    """x [batch, heads, tokens, dim], the halves variant."""
    angles = torch.arange(x.shape[2])[:, None].double() * theta_powers
    cos, sin = angles.cos().float(), angles.sin().float()
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def attend(x, mask, linear_qkv, linear_out, theta_powers):
    batch, tokens, _ = x.shape
    query, key, value = (part.view(batch, tokens, HEADS, -1).transpose(1, 2) for part in linear_qkv(x).chunk(3, dim=-1))
    query, key = rotate(query, theta_powers), rotate(key, theta_powers)
    scores = query @ key.transpose(-1, -2) / math.sqrt(HIDDEN // HEADS)
    scores = scores.masked_fill(mask[:, None, None, :] == 0, torch.finfo(torch.float32).min)
    return linear_out((scores.softmax(dim=-1) @ value).transpose(1, 2).reshape(batch, tokens, -1))


class Weights:
    """Tensors by name, and the two layers made of them."""

    def __init__(self, shapes, seed):
        self.tensors = {name: torch.ones(shape) if "norm" in name.lower() or "_ln" in name or "emb_ln" in name
                        else torch.zeros(shape) for name, shape in shapes.items()}
        for name, tensor in self.tensors.items():
            if name.endswith(".bias"):
                tensor.zero_()
        randomise(self.tensors.items(), seed)

    def linear(self, name):
        return lambda x: torch.nn.functional.linear(x, self.tensors[name + ".weight"], self.tensors.get(name + ".bias"))

    def norm(self, name, x):
        return torch.nn.functional.layer_norm(x, (HIDDEN,), self.tensors[name + ".weight"],
                                              self.tensors[name + ".bias"], 1e-12)


def norm_shapes(*names):
    return {f"{name}.{part}": (HIDDEN,) for name in names for part in ("weight", "bias")}


def nomic_bert():
    config = {"model_type": "nomic_bert", "architectures": ["NomicBertModel"], "vocab_size": VOCABULARY,
              "n_embd": HIDDEN, "n_head": HEADS, "n_layer": LAYERS, "n_inner": INNER, "n_positions": 64,
              "activation_function": "swiglu", "layer_norm_epsilon": 1e-12, "rotary_emb_base": 1000,
              "rotary_emb_fraction": 1.0, "rotary_emb_interleaved": False, "rotary_emb_scale_base": None,
              "rotary_scaling_factor": None, "max_trained_positions": 64, "type_vocab_size": 2, "prenorm": False,
              "causal": False, "qkv_proj_bias": False, "mlp_fc1_bias": False, "mlp_fc2_bias": False,
              "use_rms_norm": False, "parallel_block": False, "pad_vocab_size_multiple": 64}
    shapes = {"embeddings.word_embeddings.weight": (128, HIDDEN), "embeddings.token_type_embeddings.weight": (2, HIDDEN),
              **norm_shapes("emb_ln")}
    for i in range(LAYERS):
        layer = f"encoder.layers.{i}."
        shapes |= {layer + "attn.Wqkv.weight": (3 * HIDDEN, HIDDEN), layer + "attn.out_proj.weight": (HIDDEN, HIDDEN),
                   layer + "mlp.fc11.weight": (INNER, HIDDEN), layer + "mlp.fc12.weight": (INNER, HIDDEN),
                   layer + "mlp.fc2.weight": (HIDDEN, INNER), **norm_shapes(layer + "norm1", layer + "norm2")}
    weights = Weights(shapes, 61)
    dim = HIDDEN // HEADS
    powers = 1000.0 ** (-torch.arange(0, dim, 2).double() / dim)

    def run(input_ids, attention_mask):
        tensors = weights.tensors
        x = tensors["embeddings.word_embeddings.weight"][input_ids]
        x = weights.norm("emb_ln", x + tensors["embeddings.token_type_embeddings.weight"][0])
        for i in range(LAYERS):
            layer = f"encoder.layers.{i}."
            mixed = attend(x, attention_mask, weights.linear(layer + "attn.Wqkv"),
                           weights.linear(layer + "attn.out_proj"), powers)
            x = weights.norm(layer + "norm1", x + mixed)
            gate = torch.nn.functional.silu(weights.linear(layer + "mlp.fc12")(x))
            inner = weights.linear(layer + "mlp.fc2")(weights.linear(layer + "mlp.fc11")(x) * gate)
            x = weights.norm(layer + "norm2", x + inner)
        return x

    write("nomic_bert", config, weights.tensors, run, 64)


def new():
    config = {"model_type": "new", "architectures": ["NewModel"], **COMMON, "hidden_act": "gelu",
              "max_position_embeddings": 64, "type_vocab_size": 1, "layer_norm_type": "layer_norm",
              "layer_norm_eps": 1e-12, "position_embedding_type": "rope", "rope_theta": 20000,
              "rope_scaling": {"factor": 8.0, "type": "ntk"}, "pack_qkv": True, "logn_attention_scale": False,
              "pad_token_id": 0}
    shapes = {"embeddings.word_embeddings.weight": (VOCABULARY, HIDDEN),
              "embeddings.token_type_embeddings.weight": (1, HIDDEN), **norm_shapes("embeddings.LayerNorm")}
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}."
        shapes |= {layer + "attention.qkv_proj.weight": (3 * HIDDEN, HIDDEN),
                   layer + "attention.qkv_proj.bias": (3 * HIDDEN,), layer + "attention.o_proj.weight": (HIDDEN, HIDDEN),
                   layer + "attention.o_proj.bias": (HIDDEN,), layer + "mlp.up_gate_proj.weight": (2 * INNER, HIDDEN),
                   layer + "mlp.down_proj.weight": (HIDDEN, INNER), layer + "mlp.down_proj.bias": (HIDDEN,),
                   **norm_shapes(layer + "attn_ln", layer + "mlp_ln")}
    weights = Weights(shapes, 71)
    dim = HIDDEN // HEADS
    powers = (20000.0 * 8) ** (-torch.arange(0, dim, 2).double() / dim) / 8 ** (2 / dim)

    def run(input_ids, attention_mask):
        tensors = weights.tensors
        x = tensors["embeddings.word_embeddings.weight"][input_ids]
        x = weights.norm("embeddings.LayerNorm", x + tensors["embeddings.token_type_embeddings.weight"][0])
        for i in range(LAYERS):
            layer = f"encoder.layer.{i}."
            mixed = attend(x, attention_mask, weights.linear(layer + "attention.qkv_proj"),
                           weights.linear(layer + "attention.o_proj"), powers)
            x = weights.norm(layer + "attn_ln", x + mixed)
            up, gate = weights.linear(layer + "mlp.up_gate_proj")(x).chunk(2, dim=-1)
            inner = weights.linear(layer + "mlp.down_proj")(torch.nn.functional.gelu(gate) * up)
            x = weights.norm(layer + "mlp_ln", x + inner)
        return x

    # As in a task's model, whose checkpoints have the prefix.
    prefixed = {"new." + name: tensor for name, tensor in weights.tensors.items()}
    write("new", config, prefixed, run, 64)


# ---- Families of transformers -------------------------------------------------------------------------------------

def bert():
    config = transformers.BertConfig(**COMMON, max_position_embeddings=40, type_vocab_size=2)
    write_transformers("bert", transformers.BertModel, config, 40, seed=11, types=True)


def roberta():
    config = transformers.RobertaConfig(**COMMON, max_position_embeddings=42, type_vocab_size=1, layer_norm_eps=1e-5)
    write_transformers("roberta", transformers.RobertaForMaskedLM, config, 40, seed=21, pad=1, inner_name="roberta")


def xlm_roberta():
    config = transformers.XLMRobertaConfig(**COMMON, max_position_embeddings=42, type_vocab_size=1, layer_norm_eps=1e-5,
                                           hidden_act="gelu_new")
    write_transformers("xlm-roberta", transformers.XLMRobertaModel, config, 40, seed=22, pad=1)


def camembert():
    config = transformers.CamembertConfig(**COMMON, max_position_embeddings=42, type_vocab_size=1, hidden_act="relu")
    write_transformers("camembert", transformers.CamembertModel, config, 40, seed=23, pad=1)


def mpnet():
    config = transformers.MPNetConfig(**COMMON, max_position_embeddings=162)
    write_transformers("mpnet", transformers.MPNetModel, config, 160, seed=31, pad=1)


def distilbert():
    config = transformers.DistilBertConfig(vocab_size=VOCABULARY, dim=HIDDEN, n_heads=HEADS, hidden_dim=INNER,
                                           n_layers=LAYERS, max_position_embeddings=40)
    write_transformers("distilbert", transformers.DistilBertModel, config, 40, seed=41)


def modernbert():
    config = transformers.ModernBertConfig(**{**COMMON, "num_hidden_layers": 3}, max_position_embeddings=64,
                                           local_attention=10, global_attn_every_n_layers=3, pad_token_id=0,
                                           cls_token_id=1, sep_token_id=2, reference_compile=False)
    write_transformers("modernbert", transformers.ModernBertModel, config, 64, seed=51)


def qwen3():
    config = transformers.Qwen3Config(**COMMON, num_key_value_heads=2, head_dim=16, max_position_embeddings=64,
                                      rope_theta=1000000, tie_word_embeddings=True)
    write_transformers("qwen3", transformers.Qwen3ForCausalLM, config, 64, seed=81, left=True, inner_name="model")


def gemma3_text():
    config = transformers.Gemma3TextConfig(**COMMON, num_key_value_heads=1, head_dim=16, max_position_embeddings=64,
                                           sliding_window=512, query_pre_attn_scalar=16)
    config.use_bidirectional_attention, config.sliding_window = True, 12
    config.layer_types = ["sliding_attention", "full_attention"]
    raw = config.to_dict()
    # What loading such a file gives: the class halves the window of a bidirectional model.
    config.sliding_window = 12 // 2 + 1
    config.to_dict = lambda: dict(raw, architectures=config.architectures)
    write_transformers("gemma3_text", transformers.Gemma3TextModel, config, 64, seed=91)


FAMILIES = {"bert": bert, "roberta": roberta, "xlm-roberta": xlm_roberta, "camembert": camembert, "mpnet": mpnet,
            "distilbert": distilbert, "modernbert": modernbert, "nomic_bert": nomic_bert, "new": new, "qwen3": qwen3,
            "gemma3_text": gemma3_text}

if __name__ == "__main__":
    for family in sys.argv[1:] or FAMILIES:
        FAMILIES[family]()
