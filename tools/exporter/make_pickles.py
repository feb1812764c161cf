#!/usr/bin/env python3
"""Makes tests/data/exporter: small files as torch.save and safetensors write them, good and refused ones, and what is in
them.

    make_pickles.py [OUTPUT]

Needs torch and safetensors (tests only read the files). pickle/expected.json holds the values of every float tensor of
the good files.
"""

import argparse
import collections
import json
import pathlib
import zipfile

import torch
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Opens:
    """What a hostile pickle does: a call of any function."""

    def __reduce__(self):
        return (open, ("vetor-was-here", "w"))


def state_dict():
    torch.manual_seed(7)
    whole = torch.arange(12, dtype=torch.float32)
    state = collections.OrderedDict()
    state["float32"] = torch.randn(3, 4)
    state["float64"] = torch.randn(2, dtype=torch.float64)
    state["float16"] = torch.tensor([1.5, 6e-8, float("-inf")], dtype=torch.float16)
    state["bfloat16"] = torch.tensor([[1.5], [-2.25]], dtype=torch.bfloat16)
    state["scalar"] = torch.tensor(2.5)
    state["empty"] = torch.empty(0, 4)
    state["parameter"] = torch.nn.Parameter(torch.ones(2))
    state["rows"] = whole[4:8].view(2, 2)  # Two windows on one storage.
    state["same_storage"] = whole[8:]
    state["one_row"] = torch.arange(3, dtype=torch.float32).expand(1, 3)
    state["position_ids"] = torch.arange(5).expand(1, -1)
    state["mask"] = torch.tensor([True, False])
    state._metadata = collections.OrderedDict({"": {"version": 1}})
    return state


def floats(state):
    return {name: {"shape": list(tensor.shape), "values": tensor.detach().double().flatten().tolist()}
            for name, tensor in state.items() if tensor.is_floating_point()}


def compress(source, target):
    with zipfile.ZipFile(source) as stored, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as deflated:
        for name in stored.namelist():
            deflated.writestr(name, stored.read(name))


def make(output):
    folder = output / "pickle"
    folder.mkdir(parents=True, exist_ok=True)
    (output / "safetensors").mkdir(exist_ok=True)
    state = state_dict()
    save_file({name: tensor.detach().clone().contiguous() for name, tensor in state.items()},
              output / "safetensors" / "state_dict.safetensors", metadata={"format": "pt"})
    torch.save(state, folder / "state_dict.bin")
    torch.save(state, folder / "protocol4.bin", pickle_protocol=4)
    torch.save(dict(state), folder / "plain_dict.bin")
    names = list(state)
    for number, part in enumerate((names[:5], names[5:]), 1):
        torch.save({name: state[name] for name in part}, folder / f"part-{number}.bin")

    torch.save(state, folder / "before_zip.bin", _use_new_zipfile_serialization=False)
    torch.save({"weight": torch.ones(2, 3).t()}, folder / "transposed.bin")
    torch.save({"weight": torch.ones(1), "epoch": 3}, folder / "not_a_tensor.bin")
    torch.save({"weight": torch.ones(1), "call": Opens()}, folder / "calls_open.bin")
    torch.save({"weight": torch.eye(2).to_sparse()}, folder / "sparse.bin")
    torch.save({"weight": torch.ones(1, dtype=torch.complex64)}, folder / "complex.bin")
    torch.save([torch.ones(1)], folder / "list.bin")
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), folder / "torchscript.bin")
    compress(folder / "state_dict.bin", folder / "deflated.bin")

    expected = json.dumps(floats(state), indent=1).replace("-Infinity", '"-inf"')
    (folder / "expected.json").write_text(expected + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", nargs="?", type=pathlib.Path, default=ROOT / "tests/data/exporter")
    make(parser.parse_args().output)
