#!/usr/bin/env python3
"""The peer that everyone can write: onnxruntime + tokenizers, sorted by length, padded batches of 32.

usage: forty_lines.py MODEL_FOLDER TEXTS.txt [--single]; prints one JSON line.
"""
import json
import resource
import sys
import time

import numpy as np
import onnxruntime
from tokenizers import Tokenizer


class Embedder:
    def __init__(self, folder):
        self.tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
        self.tokenizer.enable_truncation(256)
        self.tokenizer.enable_padding()
        self.session = onnxruntime.InferenceSession(f"{folder}/model.onnx", providers=["CPUExecutionProvider"])
        self.inputs = {i.name for i in self.session.get_inputs()}

    def batch(self, texts):
        encodings = self.tokenizer.encode_batch(texts)
        feed = {"input_ids": np.array([e.ids for e in encodings], dtype=np.int64),
                "attention_mask": np.array([e.attention_mask for e in encodings], dtype=np.int64)}
        if "token_type_ids" in self.inputs:
            feed["token_type_ids"] = np.zeros_like(feed["input_ids"])
        hidden = self.session.run(None, feed)[0]
        mask = feed["attention_mask"][..., None].astype(np.float32)
        pooled = (hidden * mask).sum(1) / mask.sum(1)
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True), int(feed["attention_mask"].sum())

    def embed(self, texts, size=32):
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors, tokens = np.empty((len(texts), 384), np.float32), 0
        for start in range(0, len(texts), size):
            rows = order[start:start + size]
            vectors[rows], count = self.batch([texts[i] for i in rows])
            tokens += count
        return vectors, tokens


def main():
    embedder = Embedder(sys.argv[1])
    texts = open(sys.argv[2], encoding="utf-8").read().splitlines()
    embedder.embed(texts[:64])
    latencies, tokens, start = [], 0, time.perf_counter()
    if "--single" in sys.argv:
        for text in texts:
            begin = time.perf_counter()
            tokens += embedder.embed([text])[1]
            latencies.append((time.perf_counter() - begin) * 1e3)
    else:
        tokens = embedder.embed(texts)[1]
    seconds = time.perf_counter() - start
    latencies.sort()
    row = {"peer": f"forty lines (onnxruntime {onnxruntime.__version__})", "texts": len(texts), "tokens": tokens,
           "seconds": seconds, "tokens_per_second": tokens / seconds,
           "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    if latencies:
        row["p50_ms"] = latencies[len(latencies) // 2]
        row["p99_ms"] = latencies[len(latencies) * 99 // 100]
    print(json.dumps(row))


if __name__ == "__main__":
    main()
