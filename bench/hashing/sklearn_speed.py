#!/usr/bin/env python3
"""Texts and bytes a second of scikit-learn's HashingVectorizer, for hashing_benchmark.

    python bench/hashing/sklearn_speed.py FILE_OR_FOLDER...

Processor time, best of five; sparse output, which is the faster one. One thread: the vectorizer has no other.
"""

import pathlib
import sys
import time

from sklearn.feature_extraction.text import HashingVectorizer

for name in sys.argv[1:]:
    path = pathlib.Path(name)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    texts = [line for file in files for line in file.read_text().removesuffix("\n").split("\n")]
    vectorizer = HashingVectorizer(n_features=256, ngram_range=(1, 2))
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        vectorizer.transform(texts)
        best = min(best, time.process_time() - start)
    size = sum(len(text.encode()) for text in texts)
    print(f"{name}: {len(texts) / best:,.0f} texts/s, {size / best / 1e6:.2f} MB/s")
