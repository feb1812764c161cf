"""Writes tests/data/pooling/cases.json: small inputs and what sentence-transformers' own Pooling,
Dense and Normalize modules make of them. Run by hand; needs torch, sentence-transformers 5.7.0.

    python tools/oracle/make_pooling_cases.py
"""

import itertools
import json
from pathlib import Path

import torch
from sentence_transformers.base.modules.dense import Dense
from sentence_transformers.sentence_transformer.modules.normalize import Normalize
from sentence_transformers.sentence_transformer.modules.pooling import Pooling

CASES = Path(__file__).resolve().parents[2] / "tests" / "data" / "pooling" / "cases.json"
WIDTH, LENGTHS, PROMPT = 5, [3, 7, 4], 2
ACTIVATIONS = {"identity": torch.nn.Identity, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU,
               "gelu": torch.nn.GELU, "sigmoid": torch.nn.Sigmoid}


def padded(rows):
    longest = max(len(r) for r in rows)
    tokens = torch.full((len(rows), longest, WIDTH), 1e3)  # A pad that is counted would show.
    mask = torch.zeros(len(rows), longest, dtype=torch.int64)
    for i, row in enumerate(rows):
        tokens[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return {"token_embeddings": tokens, "attention_mask": mask, "prompt_length": PROMPT}


def numbers(tensor):
    return [float(f"{x:.9g}") for x in tensor.detach().flatten().tolist()]


def case(rows, modes, include_prompt=True, dense=(), normalize=False):
    features = Pooling(WIDTH, tuple(modes), include_prompt=include_prompt)(padded(rows))
    layers, features_in = [], WIDTH * len(modes)
    for out_features, activation, bias in dense:
        layer = Dense(features_in, out_features, bias, ACTIVATIONS[activation]())
        features = layer(features)
        layers.append({"in": features_in, "out": out_features, "activation": activation,
                       "weight": numbers(layer.linear.weight),
                       "bias": numbers(layer.linear.bias) if bias else []})
        features_in = out_features
    if normalize:
        features = Normalize()(features)
    return {"modes": "+".join(modes), "include_prompt": include_prompt, "dense": layers,
            "normalize": normalize, "vectors": numbers(features["sentence_embedding"])}


def main():
    torch.manual_seed(3)
    rows = [torch.randn(n, WIDTH) for n in LENGTHS]
    modes = Pooling.POOLING_MODES
    cases = [case(rows, [m], p, (), n) for m, p, n in itertools.product(
        modes, (True, False), (True, False))]
    cases += [case(rows, ["cls", "mean"]), case(rows, ["mean", "cls"], normalize=True),
              case(rows, ["lasttoken", "max", "weightedmean"], False)]
    cases += [case(rows, ["mean"], True, [(4, a, b)]) for a, b in itertools.product(
        ACTIVATIONS, (True, False))]
    cases.append(case(rows, ["cls", "mean"], True, [(6, "tanh", True), (3, "identity", False)],
                      True))
    CASES.parent.mkdir(parents=True, exist_ok=True)
    head = {"width": WIDTH, "lengths": LENGTHS, "prompt_tokens": PROMPT,
            "tokens": numbers(torch.cat(rows))}
    CASES.write_text(json.dumps(head)[:-1] + ',\n"cases": [\n' +
                     ",\n".join(json.dumps(c) for c in cases) + "\n]}\n")
    print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()
