#!/usr/bin/env python3
"""Bytes a second (processor time) of the reference on one thread, beside tokenizer_bench.

Usage: reference_bench.py TOKENIZER.json TEXT
"""
import os
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import Tokenizer  # noqa: E402

tokenizer = Tokenizer.from_file(sys.argv[1])
tokenizer.no_truncation()
tokenizer.no_padding()
with open(sys.argv[2], encoding="utf-8", newline="\n") as f:
    lines = f.read().split("\n")
size = sum(len(line.encode()) for line in lines)
best = float("inf")
for _ in range(3):
    begin = time.process_time()
    tokenizer.encode_batch_fast(lines)
    best = min(best, time.process_time() - begin)
print(f"{size / best / 1e6:.2f} MB/s")
