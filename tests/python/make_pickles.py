"""Writes the pickled settings of tests/data/config/0.1.0. Run once with the package of that version; they stay as they are.

usage: python make_pickles.py FOLDER
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import vetor

EVERY = {
    "enabled": False, "backend": "onnx", "fallback": "error", "onnx_enabled": True, "onnx_model_path": Path("models/m"),
    "onnx_tokenizer_path": "t", "onnx_library_path": "l", "onnx_providers": ["cuda", "cpu"], "onnx_precision": "int8",
    "onnx_pooling": "cls+max", "onnx_output_name": "o", "onnx_max_length": 128, "onnx_on_long": "window",
    "onnx_prompt_name": "query", "onnx_intra_op_threads": 2, "onnx_map_weights": False, "dim": 384, "normalize": False,
    "batch_size": 64, "threads": 3, "cache_enabled": False, "cache_dir": "d", "cache_ttl_days": 0.25, "cache_max_mb": 5,
    "cache_memory_mb": 0, "cache_namespace": "n",
}

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    configs = {"default": vetor.EmbeddingsConfig(), "model": vetor.EmbeddingsConfig.for_model("models/all-MiniLM-L6-v2"),
               "every": vetor.EmbeddingsConfig(**EVERY)}
    for name, config in configs.items():
        for protocol in (2, 5):
            (folder / f"{name}.{protocol}.pickle").write_bytes(pickle.dumps(config, protocol))
    with vetor.EmbeddingsService(vetor.EmbeddingsConfig(dim=64, cache_enabled=False)) as service:
        (folder / "service.5.pickle").write_bytes(pickle.dumps(service, 5))
