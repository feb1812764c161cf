#!/usr/bin/env python3
"""Microseconds of a call whose texts are all in the memory cache: what the binding and the calendar's class add.

    bench/python/call_overhead.py --model models/all-MiniLM-L6-v2

Run it with a Python that has vetor. Best of 9 times 20,000 calls.
"""

import argparse
import sys
import tempfile
import timeit
from pathlib import Path

import vetor

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "examples" / "motorsport-calendar"
FOUR = ["F1 Grande Prêmio do Brasil", "MotoGP Argentina", "Interlagos", "Termas de Río Hondo"]


def microseconds(call, calls=20_000):
    return min(timeit.repeat(call, number=calls, repeat=9)) / calls * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="models/all-MiniLM-L6-v2")
    options = parser.parse_args()
    sys.path.insert(0, str(EXAMPLE))
    from src.ai import EmbeddingsConfig, EmbeddingsService

    with tempfile.TemporaryDirectory() as folder:
        service = vetor.EmbeddingsService(vetor.EmbeddingsConfig.for_model(options.model, cache_dir=folder))
        service.embed(FOUR)
        rows = [("embed, one text", lambda: service.embed(FOUR[:1])), ("embed_texts, one text", lambda: service.embed_texts(FOUR[:1])),
                ("encode, one text", lambda: service.encode(FOUR[0])), ("embed_texts, four texts", lambda: service.embed_texts(FOUR))]
        for name, call in rows:
            print(f"  {name:<44} {microseconds(call):6.2f} us")
        service.close()
        calendar = EmbeddingsService(EmbeddingsConfig(onnx_enabled=True, onnx_model_path=options.model, cache_dir=folder))
        calendar.embed_texts(FOUR)
        print(f"  {'the calendar: [name1, name2, place1, place2]':<44} {microseconds(lambda: calendar.embed_texts(FOUR)):6.2f} us")
        calendar.close()


if __name__ == "__main__":
    main()
