"""Exact nearest rows and near-duplicates over vectors, in tiles on several threads."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vetor import _native
from vetor._checks import number, whole, wrong
from vetor._errors import InvalidArgument

Vectors = Union[ArrayLike, Sequence[ArrayLike]]


class Hits(NamedTuple):
    """The result of `search`."""

    rows: NDArray[np.int64]
    """[queries, top] rows of the corpus, best first; -1 if there are fewer."""
    scores: NDArray[np.float32]
    """[queries, top] mean cosines; NaN if there are fewer."""


class Duplicates(NamedTuple):
    """The result of `dedupe`."""

    pairs: NDArray[np.int64]
    """[n, 2] rows (a < b) whose score reaches the threshold, in ascending order."""
    scores: NDArray[np.float32]
    """[n] mean cosines."""
    groups: list[list[int]]
    """Groups of rows that chains of pairs connect, at least two rows each, ascending."""


def search(
    queries: Vectors,
    corpus: Vectors,
    top: int = 3,
    *,
    queries_same: Sequence[Hashable] | None = None,
    corpus_same: Sequence[Hashable] | None = None,
    threads: int = 0,
) -> Hits:
    """For each query the `top` nearest rows of the corpus, exactly.

    queries, corpus: [rows, dim] unit vectors; or a list of such arrays, one per field (name, place): the score is then the
    mean of the fields' cosines. queries_same, corpus_same: one value per row (season, day); only rows of equal values are
    compared. threads: 0 is the physical cores that this process may use. Ctrl-C ends it.

    Raises InvalidArgument for shapes that do not fit.
    """
    top, threads = whole("top", top, 1, 2**64 - 1), whole("threads", threads)
    if (queries_same is None) != (corpus_same is None):
        raise InvalidArgument("queries_same and corpus_same go together; one of them is None")
    numbers: dict[Hashable, int] = {}
    left, right = _fields(queries, "queries"), _fields(corpus, "corpus")
    if [field.shape[1] for field in left] != [field.shape[1] for field in right]:
        raise InvalidArgument(f"queries have fields of {[field.shape[1] for field in left]} components, the corpus of "
                              f"{[field.shape[1] for field in right]}; expected the same")
    rows, scores = _native.search(_rows(right, corpus_same, numbers, "corpus"), _rows(left, queries_same, numbers, "queries"),
                                  top, threads)
    return Hits(rows, scores)


def dedupe(
    vectors: Vectors,
    threshold: float = 0.85,
    *,
    same: Sequence[Hashable] | None = None,
    max_pairs: int = 20_000_000,
    threads: int = 0,
) -> Duplicates:
    """All pairs of rows whose score is at least `threshold`, and the groups that they join.

    vectors: [rows, dim] unit vectors, or a list of such arrays, one per field: the score is the mean of the fields' cosines.
    same: one value per row; only rows of equal values are compared. Ctrl-C ends it.

    Raises InvalidArgument for shapes that do not fit and ResourceExhausted above `max_pairs`.
    """
    threshold, threads = number("threshold", threshold), whole("threads", threads)
    max_pairs = whole("max_pairs", max_pairs, 0, 2**64 - 1)
    rows = _rows(_fields(vectors, "vectors"), same, {}, "vectors")
    return Duplicates(*_native.find_pairs(rows, threshold, max_pairs, threads))


def _fields(vectors: Vectors, what: str) -> list[NDArray[np.float32]]:
    several = isinstance(vectors, (list, tuple)) and len(vectors) > 0 and np.ndim(vectors[0]) == 2
    parts = list(vectors) if several else [vectors]  # type: ignore[arg-type]
    try:
        fields = [np.ascontiguousarray(part, dtype=np.float32) for part in parts]
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what} is {type(vectors).__name__}; expected [rows, dim] numbers, or a list of such arrays "
                        f"({error})") from error
    for field in fields:
        if field.ndim != 2 or len(field) != len(fields[0]):
            raise InvalidArgument(f"{what}: shapes {[f.shape for f in fields]}; expected [rows, dim], the same rows in each")
    return fields


def _rows(fields: list[NDArray[np.float32]], same: Sequence[Hashable] | None, numbers: dict[Hashable, int],
          what: str) -> _native.Rows:
    if same is None:
        return _native.Rows(fields, None)
    if not hasattr(same, "__len__"):
        raise wrong(f"the values that are to be the same in {what}", same, "a list with one value per row")
    if len(same) != len(fields[0]):
        raise InvalidArgument(f"{what}: {len(same)} values for {len(fields[0])} rows; expected one per row")
    block = np.fromiter((numbers.setdefault(value, len(numbers)) for value in same), dtype=np.uint32, count=len(same))
    return _native.Rows(fields, block)
