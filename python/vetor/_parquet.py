"""`vetor embed` on Parquet files: pyarrow reads and writes, the command in C++ embeds, with all of its flags."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

USAGE = 2
ROWS_AT_ONCE = 16384


class _Problem(Exception):
    """A message for the user, and the exit code."""

    def __init__(self, message: str, exit_code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def embed_parquet(arguments: list[str], command: list[str], environment: dict[str, str]) -> int:
    """`arguments` are those after `vetor embed`. Returns the exit code of the command's table."""
    parser = argparse.ArgumentParser(prog="vetor embed", add_help=False, allow_abbrev=False)
    parser.add_argument("--input", "-i", default="-")
    parser.add_argument("--output", "-o", default="-")
    parser.add_argument("--field", default="text")
    parser.add_argument("--into", default="embedding")
    options, settings = parser.parse_known_args(arguments)
    try:
        _check(options, settings)
        with tempfile.TemporaryDirectory(prefix=".vetor-", dir=Path(options.output).absolute().parent) as folder:
            vectors = Path(folder, "vectors.npy")
            _run(options, [*command, *settings, "--output", str(vectors)], environment)
            written = Path(folder, "out.parquet")
            _write(options, np.load(vectors, mmap_mode="r"), written)
            os.replace(written, options.output)
    except _Problem as problem:
        if str(problem):
            print(f"vetor: error: {problem}", file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        return 1
    except OSError as error:
        print(f"vetor: error: {error}", file=sys.stderr)
        return 1
    return 0


def _check(options: argparse.Namespace, settings: list[str]) -> None:
    for flag in ("--format", "--input-format", "--id-field"):
        if any(word == flag or word.startswith(flag + "=") for word in settings):
            raise _Problem(f"{flag} has no meaning for Parquet files, which keep all columns; leave it out")
    for flag, path in (("--input", options.input), ("--output", options.output)):
        if not path.endswith(".parquet"):
            raise _Problem(f"{flag} is {path}; with Parquet both --input and --output are "
                           ".parquet files; for many files, vetor.embed_files writes a folder")
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise _Problem(f"Parquet files need the package pyarrow: pip install pyarrow ({error})") from error
    if not Path(options.input).is_file():
        raise _Problem(f"{options.input}: there is no such file")
    _column(_open(options.input), options)


def _open(path: str) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(path)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise _Problem(f"{path}: not a Parquet file: {error}") from error


def _column(file: Any, options: argparse.Namespace) -> None:
    import pyarrow

    schema = file.schema_arrow
    if options.field not in schema.names:
        raise _Problem(f"{options.input} has no column {options.field}; it has {', '.join(schema.names)}; "
                       "name one with --field")
    kind = schema.field(options.field).type
    text = kind.value_type if pyarrow.types.is_dictionary(kind) else kind
    if not (pyarrow.types.is_string(text) or pyarrow.types.is_large_string(text) or pyarrow.types.is_null(text)):
        raise _Problem(f"{options.input}: column {options.field} is {kind}; expected text")
    if options.into in schema.names:
        raise _Problem(f"{options.input} has a column {options.into} already; name another with --into")


def _texts(options: argparse.Namespace) -> Iterator[bytes]:
    for batch in _open(options.input).iter_batches(ROWS_AT_ONCE, columns=[options.field]):
        lines = [json.dumps({"text": text or ""}, ensure_ascii=False) for text in batch.column(0).to_pylist()]
        yield ("\n".join(lines) + "\n").encode() if lines else b""


def _run(options: argparse.Namespace, command: list[str], environment: dict[str, str]) -> None:
    command += ["--input", "-", "--input-format", "jsonl", "--field", "text", "--format", "npy"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # The command has ended early and has printed the reason.
            for piece in _texts(options):
                process.stdin.write(piece)
        with suppress(BrokenPipeError):
            process.stdin.close()
    if process.returncode != 0:
        raise _Problem("", process.returncode if process.returncode > 0 else 1)


def _write(options: argparse.Namespace, vectors: Any, path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    from vetor._columns import arrow_vectors

    file = _open(options.input)
    dim = vectors.shape[1]
    schema = file.schema_arrow.append(pyarrow.field(options.into, pyarrow.list_(pyarrow.float32(), dim)))
    row = 0
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        for batch in file.iter_batches(ROWS_AT_ONCE):
            table = pyarrow.Table.from_batches([batch])
            present = np.asarray(table.column(options.field).is_valid())
            block = np.ascontiguousarray(vectors[row : row + len(present)])
            column = arrow_vectors(block[present], present)
            writer.write_table(table.append_column(schema.field(len(schema) - 1), column))
            row += len(present)
