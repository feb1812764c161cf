#!/usr/bin/env python3
"""Freeze what sentence_transformers.quantize_embeddings 5.7.0 answers, for tests/python/test_encode.py.

Needs numpy and the package's wheel, of which that function alone is run (so torch is not needed):

    pip download --no-deps sentence-transformers==5.7.0
    python tools/oracle/make_quantized.py sentence_transformers-5.7.0-py3-none-any.whl tests/data/python/quantized.json
"""

import ast
import json
import pathlib
import sys
import zipfile
from typing import Literal

import numpy as np

SOURCE = "sentence_transformers/util/quantization.py"
SEED = 20261127
ROWS, DIM = 7, 19  # Not a multiple of eight: the last byte of a sign vector is filled up.


def load_function(wheel):
    tree = ast.parse(zipfile.ZipFile(wheel).read(SOURCE))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "quantize_embeddings"]
    code = ast.Module([ast.ImportFrom("__future__", [ast.alias("annotations")], 0), *functions], [])
    names = {"np": np, "Tensor": type(None), "Literal": Literal}
    exec(compile(ast.fix_missing_locations(code), SOURCE, "exec"), names)
    return names["quantize_embeddings"]


def main():
    quantize = load_function(sys.argv[1])
    random = np.random.default_rng(SEED)
    vectors = random.normal(size=(ROWS, DIM)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[0, :3] = 0, -0.0, 1  # Neither sign, and far outside every range.
    ranges = np.vstack((vectors[:4].min(axis=0), vectors[:4].max(axis=0)))
    ranges[1, 5] = ranges[0, 5]  # A component that never changed.
    cases = {"vectors": vectors, "ranges": ranges}
    for precision in ("float32", "int8", "uint8", "binary", "ubinary"):
        cases[precision] = quantize(vectors, precision, ranges=ranges)
    cases["int8, ranges in double"] = quantize(vectors, "int8", ranges=ranges.astype(np.float64) * 1.0001)
    out = pathlib.Path(sys.argv[2])
    out.parent.mkdir(parents=True, exist_ok=True)
    rows = ",\n".join(f'"{name}": {json.dumps(array.tolist())}' for name, array in cases.items())
    out.write_text("{" + rows + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
