"""onnxruntime and tokenizers in forty lines: sorted by characters, padded batches of 32, default session."""
import pathlib
import sys

from peer_run import run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "throughput"))
from forty_lines import Embedder  # noqa: E402


def load(model, config):
    embedder = Embedder(model)
    return lambda texts: embedder.embed(texts)[0]


if __name__ == "__main__":
    run("onnxruntime + tokenizers", ["onnxruntime", "tokenizers"], load)
