#!/usr/bin/env python3
"""The peer of bench/cache: LangChain's CacheBackedEmbeddings over its LocalFileStore.

usage: langchain_store.py TEXTS.txt   (needs the packages langchain and langchain-classic)

Times one cached text a call, 384 floats each, warm page cache: p50 and p99 in microseconds. The embedder behind the
cache returns constants, so nothing but the cache is timed.
"""
import sys
import tempfile
import time

from langchain_classic.embeddings import CacheBackedEmbeddings
from langchain_classic.storage import LocalFileStore
from langchain_core.embeddings import Embeddings


class Constant(Embeddings):
    def embed_documents(self, texts):
        return [[0.05103103630798287] * 384 for _ in texts]

    def embed_query(self, text):
        return self.embed_documents([text])[0]


def main():
    texts = open(sys.argv[1], encoding="utf-8").read().splitlines()[:2000]
    with tempfile.TemporaryDirectory() as folder:
        cached = CacheBackedEmbeddings.from_bytes_store(Constant(), LocalFileStore(folder), namespace="bench",
                                                        key_encoder="sha256")
        cached.embed_documents(texts)
        times = []
        for text in texts:
            begin = time.perf_counter()
            cached.embed_documents([text])
            times.append((time.perf_counter() - begin) * 1e6)
    times.sort()
    print(f"langchain CacheBackedEmbeddings, LocalFileStore: p50 {times[len(times) // 2]:.1f} us, "
          f"p99 {times[len(times) * 99 // 100]:.1f} us a cached text")


if __name__ == "__main__":
    main()
