"""Cosines of a peer's vectors to the reference: says who computes something else."""
import array
import math

# The worst cosine below which the vectors are wrong: another pooling, a missing prompt, another tokenizer.
WRONG = {"fp32": 0.999, "bf16": 0.99, "int8": 0.9}


def read_vectors(path, count):
    """`count` rows of float32, or the reason why they are not there."""
    values = array.array("f")
    data = path.read_bytes() if path.exists() else b""
    if not data or len(data) % (4 * count):
        return None, f"{len(data)} bytes of vectors, not {count} rows of float32"
    values.frombytes(data)
    width = len(values) // count
    return [values[row * width:(row + 1) * width] for row in range(count)], None


def cosine(a, b):
    norms = math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))
    value = math.fsum(x * y for x, y in zip(a, b)) / norms if norms else 0.0
    return value if math.isfinite(value) else 0.0


def compare(vectors, reference):
    """Mean and worst; vectors of another length are not comparable."""
    if len(vectors[0]) != len(reference[0]):
        return {"mean": 0.0, "worst": 0.0}
    cosines = [cosine(a, b) for a, b in zip(vectors, reference)]
    return {"mean": math.fsum(cosines) / len(cosines), "worst": min(cosines)}


def is_right(quality, precision):
    return quality is not None and quality["worst"] >= WRONG[precision]
