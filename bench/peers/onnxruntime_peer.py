"""onnxruntime and tokenizers in forty lines: sorted by characters, padded batches of 32, default session.

configs: default (fp32); vetor-int8, published-int8, avx512_vnni-int8: the same on the int8 graph that vetor exports, on
the published one, and on the one that sentence-transformers makes.
"""
import pathlib
import sys

import onnxruntime
from peer_run import run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "throughput"))
from forty_lines import Embedder  # noqa: E402

GRAPHS = {"default": "model.onnx", "vetor-int8": "model_quantized.onnx", "published-int8": "published.onnx",
          "avx512_vnni-int8": "onnx/model_qint8_avx512_vnni.onnx"}


def load(model, config):
    embedder = Embedder(model)
    if config != "default":
        embedder.session = onnxruntime.InferenceSession(f"{model}/{GRAPHS[config]}", providers=["CPUExecutionProvider"])
        embedder.inputs = {i.name for i in embedder.session.get_inputs()}
    return lambda texts: embedder.embed(texts)[0]


if __name__ == "__main__":
    run("onnxruntime + tokenizers", ["onnxruntime", "tokenizers"], load)
