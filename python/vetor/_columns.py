"""A column of texts in a pandas DataFrame or an Arrow table, embedded into a new column."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from vetor._checks import text, wrong
from vetor._config import EmbeddingsConfig
from vetor._errors import InvalidArgument, NotFound
from vetor._progress import Progress
from vetor._service import EmbeddingsService, OnLong, TruncationSide, WhenFull

Table = TypeVar("Table")


def embed_column(
    data: Table,
    column: str,
    service: EmbeddingsService | None = None,
    *,
    into: str = "embedding",
    prompt_name: str | None = None,
    prompt: str | None = None,
    on_long: OnLong | None = None,
    truncation_side: TruncationSide | None = None,
    replace_invalid_utf8: bool = False,
    use_cache: bool = True,
    when_full: WhenFull = "wait",
    timeout: float | None = None,
    progress: Progress | None = None,
    show_progress: bool = False,
) -> Table:
    """A copy of `data` with the vectors of `column` in the column `into`; other columns are shared, not copied.

    data: a pandas DataFrame (vectors are float32 arrays, one per row) or a pyarrow Table (a fixed-size list of float32). A
    missing text (None, NaN, null) gives a missing vector. service: None opens one with default settings, which is hashing,
    for this call. The others: as EmbeddingsService.embed.

    Raises NotFound for a column that is not there, InvalidArgument for one that is not text, TypeError for other data.
    """
    text("into", into)
    if service is not None and not isinstance(service, EmbeddingsService):
        raise wrong("service", service, "EmbeddingsService or None")
    options = {"prompt_name": prompt_name, "prompt": prompt, "on_long": on_long, "truncation_side": truncation_side,
               "replace_invalid_utf8": replace_invalid_utf8, "use_cache": use_cache, "when_full": when_full, "timeout": timeout,
               "progress": progress, "show_progress": show_progress}
    if service is None:
        with EmbeddingsService(EmbeddingsConfig()) as own:
            return _embed_column(data, column, own, into, options)
    return _embed_column(data, column, service, into, options)


def _embed_column(data: Table, column: str, service: EmbeddingsService, into: str, options: dict[str, Any]) -> Table:
    kind = type(data).__module__.partition(".")[0]
    if kind == "pandas" and hasattr(data, "columns"):
        result: Table = _embed_frame(data, column, service, into, options)
    elif kind == "pyarrow" and hasattr(data, "column_names"):
        result = _embed_table(data, column, service, into, options)
    else:
        raise TypeError(f"data is {type(data).__name__}; expected a pandas DataFrame or a pyarrow Table")
    return result


def _embed_frame(frame: Any, column: str, service: EmbeddingsService, into: str, options: dict[str, Any]) -> Any:
    if column not in frame.columns:
        raise NotFound(f"there is no column {column!r}; expected one of {list(map(str, frame.columns))}")
    missing = frame[column].isna().to_numpy()
    texts = frame[column].to_numpy(dtype=object)
    rows = iter(service.embed(_checked(texts[~missing].tolist(), column), **options).rows())
    vectors = np.empty(len(texts), dtype=object)
    for i, gone in enumerate(missing):
        vectors[i] = None if gone else next(rows)
    return frame.assign(**{into: vectors})


def _embed_table(table: Any, column: str, service: EmbeddingsService, into: str, options: dict[str, Any]) -> Any:
    if column not in table.column_names:
        raise NotFound(f"there is no column {column!r}; expected one of {table.column_names}")
    texts = table.column(column).to_pylist()
    present = [text for text in texts if text is not None]
    vectors = service.embed(_checked(present, column), **options).vectors
    filled = arrow_vectors(vectors, np.array([text is not None for text in texts], dtype=bool))
    if into in table.column_names:
        return table.set_column(table.column_names.index(into), into, filled)
    return table.append_column(into, filled)


def arrow_vectors(vectors: Any, present: Any) -> Any:
    """A fixed-size list array: the rows of `vectors`, with nulls if `present` is False. Copies nothing if there are no nulls."""
    import pyarrow

    if present.all():
        values = vectors
    else:
        values = np.zeros((len(present), vectors.shape[1]), dtype=vectors.dtype)
        values[present] = vectors
    mask = None if present.all() else pyarrow.array(~present)
    flat = pyarrow.array(values.reshape(-1))
    return pyarrow.FixedSizeListArray.from_arrays(flat, vectors.shape[1], mask=mask)


def _checked(texts: list[Any], column: str) -> list[str]:
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise InvalidArgument(f"column {column!r} holds {type(text).__name__} at its text {row}; expected text")
    return texts
