#!/usr/bin/env python3
"""Packs test data into tests/data/packed, the same bytes from the same files.

Usage:
    pack_test_data.py UNPACKED_DIR [ARCHIVE...]

UNPACKED_DIR is laid out as the build folder's tests/data, where the build unpacks the archives (tests/CMakeLists.txt):
change a file there, or let make_golden.py write it, then pack what holds it. ARCHIVE is a name of the table below;
without one, all are packed. Times, owners and modes are left out of the archives. Standard library only.
"""
import glob
import io
import lzma
import os
import sys
import tarfile

PACKED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/data/packed")
ARCHIVES = {
    "corpus": ["corpus/*"],
    "hostile": ["hostile/*"],
    "foreign_graphs": ["foreign_graphs/*.onnx"],
    "fused_graphs": ["fused_graphs/*.onnx"],
    "golden": ["golden/*"],
    "tokenizer_all_minilm_l6_v2": ["tokenizers/all-minilm-l6-v2.json"],
    "tokenizer_all_mpnet_base_v2": ["tokenizers/all-mpnet-base-v2.json"],
    "tokenizer_bert_multilingual_uncased": ["tokenizers/bert-multilingual-uncased.json"],
    "tokenizer_gemma_shaped": ["tokenizers/gemma-shaped.json"],
    "tokenizer_modernbert": ["tokenizers/modernbert.json"],
    "tokenizer_qwen3": ["tokenizers/qwen3.json"],
    "tokenizer_roberta_base": ["tokenizers/roberta-base.json"],
    "tokenizer_t5_small": ["tokenizers/t5-small.json"],
    # One archive, because they differ in their pre-tokenizer only.
    "tokenizer_xlm_roberta": ["tokenizers/xlm-roberta-metaspace.json", "tokenizers/xlm-roberta-wssplit.json"],
}
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 24}]


def tar_of(folder, patterns):
    names = sorted(os.path.relpath(path, folder) for pattern in patterns for path in glob.glob(os.path.join(folder, pattern)))
    if not names:
        sys.exit(f"{folder} has no {' '.join(patterns)}")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def main():
    if len(sys.argv) < 2 or not os.path.isdir(sys.argv[1]) or set(sys.argv[2:]) - set(ARCHIVES):
        sys.exit(__doc__)
    os.makedirs(PACKED, exist_ok=True)
    for name in sys.argv[2:] or ARCHIVES:
        packed = lzma.compress(tar_of(sys.argv[1], ARCHIVES[name]), check=lzma.CHECK_CRC32, filters=FILTERS)
        with open(os.path.join(PACKED, name + ".tar.xz"), "wb") as out:
            out.write(packed)
        print(f"{name}: {len(packed)} bytes", flush=True)


if __name__ == "__main__":
    main()
