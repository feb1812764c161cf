"""The compact form of reference vectors; tests/data/golden/FORMAT.md describes it."""

import struct

import numpy as np

MAGIC = b"VGOLD1\0\0"
STEP = 2e-7  # Rounding error is at most 1e-7: a hundredth of the bound of 1e-5.
HEADER = "<8sIIdI"  # Magic, rows, dim, step, low bits.


def encode(vectors):
    """[rows, dim] float32 -> bytes: header, then Rice codes, least significant bit first."""
    integers = np.rint(vectors.astype(np.float64) / STEP).astype(np.int64)
    folded = np.where(integers >= 0, 2 * integers, -2 * integers - 1).ravel()
    low_bits = min(range(8, 28), key=lambda k: int((folded >> k).sum()) + folded.size * (k + 1))
    bits = []
    for value in folded.tolist():
        bits.append("1" * (value >> low_bits) + "0")
        bits.append(format(value & ((1 << low_bits) - 1), f"0{low_bits}b")[::-1])
    stream = np.frombuffer("".join(bits).encode(), np.uint8) - ord("0")
    header = struct.pack(HEADER, MAGIC, *vectors.shape, STEP, low_bits)
    return header + np.packbits(stream, bitorder="little").tobytes()


def decode(data):
    magic, rows, dim, step, low_bits = struct.unpack_from(HEADER, data)
    assert magic == MAGIC
    bits = np.unpackbits(np.frombuffer(data, np.uint8, offset=struct.calcsize(HEADER)),
                         bitorder="little")
    zeros = np.flatnonzero(bits == 0)
    values, position = np.empty(rows * dim), 0
    powers = 1 << np.arange(low_bits, dtype=np.int64)
    for i in range(values.size):
        end = int(zeros[np.searchsorted(zeros, position)])
        folded = ((end - position) << low_bits) + int(
            (bits[end + 1:end + 1 + low_bits] * powers).sum())
        values[i] = folded // 2 if folded % 2 == 0 else -(folded + 1) // 2
        position = end + 1 + low_bits
    return (values * step).reshape(rows, dim)
