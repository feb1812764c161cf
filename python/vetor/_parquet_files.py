"""Parquet as inputs and outputs of a bulk job: pyarrow reads and writes, the job in C++ does the rest.

The job calls `open_source` and `open_sink` of a ParquetFiles from threads of its own, one call at a time per source and sink.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vetor._columns import arrow_vectors
from vetor._errors import InvalidArgument, NotFound, Unavailable

ENDING = ".parquet"
_NULL = b"\xff" * 8
# Rows of a row group of an output; with 384 components 25 MB.
_GROUP_ROWS = 16384
# Rows that pyarrow decodes at once.
_BATCH_ROWS = 4096


def _pyarrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise Unavailable(f"Parquet files need the package pyarrow: pip install pyarrow ({error})") from error
    return pyarrow


def _open(path: str) -> Any:
    pyarrow = _pyarrow()
    try:
        return pyarrow.parquet.ParquetFile(path, pre_buffer=False)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise InvalidArgument(f"{path}: not a Parquet file that can be read: {error}") from error


class ParquetFiles:
    """Sources and sinks for one job."""

    ending = ENDING

    def __init__(self, *, field: str, into: str, output_dtype: str, on_error: str) -> None:
        _pyarrow()
        self._field = field
        self._into = into
        self._dtype = output_dtype
        self._errors = on_error == "null"
        self.settings = {"format": "parquet", "field": field, "into": into, "output_dtype": output_dtype}
        """What shapes the outputs, for their manifests."""

    def open_source(self, path: str) -> _Source:
        """The rows of the file. Raises InvalidArgument and NotFound."""
        file = _open(path)
        self._check(path, file.schema_arrow)
        return _Source(file, path, self._field)

    def open_sink(self, source: str, path: str, dim: int) -> _Sink:
        """A file with the columns of `source` and the vectors."""
        pyarrow = _pyarrow()
        numbers = pyarrow.float16() if self._dtype == "float16" else pyarrow.float32()
        schema = _open(source).schema_arrow.append(pyarrow.field(self._into, pyarrow.list_(numbers, dim)))
        if self._errors:
            schema = schema.append(pyarrow.field("error", pyarrow.string()))
        return _Sink(pyarrow.parquet.ParquetWriter(path, schema), schema, self._dtype, self._errors)

    def _check(self, path: str, schema: Any) -> None:
        types = _pyarrow().types
        if self._field not in schema.names:
            raise NotFound(f"{path} has no column {self._field!r}; expected one of {schema.names}: name it with field")
        kind = schema.field(self._field).type
        text = kind.value_type if types.is_dictionary(kind) else kind
        if not (types.is_string(text) or types.is_large_string(text) or types.is_null(text)):
            raise InvalidArgument(f"{path}: column {self._field!r} is {kind}; expected text")
        for name in (self._into, "error") if self._errors else (self._into,):
            if name in schema.names:
                raise InvalidArgument(f"{path} has a column {name!r} already, which the results need; rename it, or name the "
                                      "vectors' column with into")


class _Source:
    """The rows of one file, batch by batch: the memory of a batch, and of what pyarrow holds of a row group."""

    def __init__(self, file: Any, path: str, field: str) -> None:
        self._batches: Iterator[Any] = file.iter_batches(_BATCH_ROWS)
        self._rows: int = file.metadata.num_rows
        self._bytes = Path(path).stat().st_size
        self._path = path
        self._field = field
        self._batch: Any = None
        self._at = 0  # Rows of the batch that were read.
        self._read = 0
        self._digest = hashlib.sha256()

    def read(self, most: int) -> tuple[list[str | None], None, bool, Any]:
        """Texts of the next rows (None is null), no ids, whether no row follows, and all columns of the rows."""
        part = self._next(most)
        texts: list[str | None] = [] if part is None else part.column(self._field).to_pylist()
        self._digest_texts(texts)
        return texts, None, self._read == self._rows, part

    def skip(self, rows: int) -> None:
        """Passes over rows. Raises InvalidArgument if there are fewer."""
        while rows > 0:
            texts = self.read(rows)[0]
            if not texts:
                raise InvalidArgument(f"{self._path} has fewer rows than its manifests say; embed it anew into another folder")
            rows -= len(texts)

    def take_digest(self) -> str:
        """SHA-256 of the texts since the last call, each behind its length in eight bytes, little-endian."""
        digest = self._digest.hexdigest()
        self._digest = hashlib.sha256()
        return digest

    def bytes_read(self) -> int:
        return self._bytes * self._read // self._rows if self._rows else self._bytes

    def _next(self, most: int) -> Any:
        while self._batch is None or self._at == self._batch.num_rows:
            if self._read == self._rows:
                return None
            self._batch, self._at = next(self._batches), 0
        part = self._batch.slice(self._at, min(most, self._batch.num_rows - self._at))
        self._at += part.num_rows
        self._read += part.num_rows
        return part

    def _digest_texts(self, texts: list[str | None]) -> None:
        pieces = []
        for text in texts:
            if text is None:
                pieces.append(_NULL)
                continue
            encoded = text.encode()
            pieces.append(len(encoded).to_bytes(8, "little"))
            pieces.append(encoded)
        self._digest.update(b"".join(pieces))


class _Sink:
    """One output. Row groups have the same rows whatever the blocks of the job are, so that two jobs write the same bytes."""

    def __init__(self, writer: Any, schema: Any, dtype: str, errors: bool) -> None:
        self._writer = writer
        self._schema = schema
        self._dtype = np.float16 if dtype == "float16" else np.float32
        self._errors = errors
        self._waiting: list[Any] = []
        self._waiting_rows = 0

    def append(self, columns: Any, vectors: NDArray[np.float32], errors: list[str | None], missing: list[bool]) -> None:
        """Rows with their columns; `vectors` is the job's and is copied."""
        if columns is None:
            return
        pyarrow = _pyarrow()
        present = np.array([error is None and not gone for error, gone in zip(errors, missing, strict=True)], dtype=bool)
        filled = arrow_vectors(np.array(vectors[present], dtype=self._dtype, order="C"), present)
        arrays = [*columns.columns, filled]
        if self._errors:
            arrays.append(pyarrow.array(errors, pyarrow.string()))
        self._waiting.append(pyarrow.RecordBatch.from_arrays(arrays, schema=self._schema))
        self._waiting_rows += len(errors)
        while self._waiting_rows >= _GROUP_ROWS:
            self._write(_GROUP_ROWS)

    def finish(self) -> None:
        if self._waiting_rows:
            self._write(self._waiting_rows)
        self._writer.close()

    def _write(self, rows: int) -> None:
        table = _pyarrow().Table.from_batches(self._waiting, schema=self._schema)
        self._writer.write_table(table.slice(0, rows).combine_chunks(), row_group_size=rows)
        rest = table.slice(rows)
        self._waiting = rest.to_batches()
        self._waiting_rows = rest.num_rows
