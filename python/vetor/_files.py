"""embed_files: files of texts become files of vectors."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from vetor._checks import flag, path_of, text, way_to_tell, whole, wrong
from vetor._config import EmbeddingsConfig
from vetor._errors import InvalidArgument
from vetor._parquet_files import ENDING, ParquetFiles
from vetor._progress import Progress, shown
from vetor._service import EmbeddingsService

FileFormat = Literal["jsonl", "jsonl.gz", "jsonl.zst", "npy", "parquet"]
InputFormat = Literal["auto", "lines", "jsonl"]
_MOST_ROWS = 2**40


@dataclass(frozen=True)
class FilesReport:
    """What a job of `embed_files` did. Rows of outputs that were finished before it are not in the first four."""

    texts: int
    """Rows read, with and without a vector."""
    tokens: int
    """0 for hashing."""
    truncated: int
    """Texts of which a part was ignored."""
    failed: int
    """Rows without a vector (on_error="null")."""
    inputs: int
    outputs: int
    """Written by this job."""
    finished_outputs: int
    """Were there, and still fit."""
    finished_texts: int
    """Rows of these."""


def embed_files(
    inputs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    service: EmbeddingsService | None = None,
    *,
    field: str = "text",
    id_field: str | None = None,
    into: str = "embedding",
    input_format: InputFormat = "auto",
    format: FileFormat | None = None,
    output_dtype: Literal["float32", "float16"] = "float32",
    shard_rows: int | None = None,
    on_error: Literal["fail", "null"] = "fail",
    resume: bool | Literal["verify"] = False,
    replace_invalid: bool = False,
    progress: Progress | None = None,
    show_progress: bool = False,
) -> FilesReport:
    """Embeds all rows of all inputs into files in the folder `output`, each with a manifest; a job that ended goes on with `resume`.

    inputs: files or patterns ("in/part-*.jsonl.zst"): lines, JSON Lines, both perhaps compressed, or Parquet. An input becomes one
    output, or several of `shard_rows` rows each; rows keep their number and their order. service: None opens one with default
    settings, which is hashing, for this job.
    field: the text of a jsonl row, or the column of a Parquet file. id_field: copied to the results of jsonl. into: the name of the
    vector in jsonl, and of its column in Parquet. format: "parquet" for Parquet inputs, whose columns are all kept, else "jsonl",
    "jsonl.gz", "jsonl.zst" or "npy". output_dtype: of npy and Parquet.
    on_error: "fail" ends the job at a row that cannot be embedded, "null" goes on: its vector is null, with the reason beside it in
    `error` (npy: NaN, with the reason in the manifest). A null in Parquet is no error, and its vector is null.
    resume: go on in a folder that holds outputs; "verify" reads their inputs again and compares digests.
    progress: called with (rows done, rows of all inputs, estimated from their bytes) about every 50 ms.

    Ctrl-C ends the job; outputs that are whole stay. Raises NotFound (an input), InvalidArgument (an option, a row), FailedPrecondition
    (the folder is another job's), ResourceExhausted (a full disk), DataLoss (a damaged input).
    """
    if service is not None and not isinstance(service, EmbeddingsService):
        raise wrong("service", service, "EmbeddingsService or None")
    options = _checked(
        inputs=_patterns(inputs), output=path_of("output", output), field=text("field", field),
        id_field="" if id_field is None else text("id_field", id_field), into=text("into", into),
        input_format=text("input_format", input_format), format=None if format is None else text("format", format),
        output_dtype=text("output_dtype", output_dtype),
        shard_rows=0 if shard_rows is None else whole("shard_rows", shard_rows, 1, _MOST_ROWS), on_error=text("on_error", on_error),
        resume=_resume(resume), replace_invalid=flag("replace_invalid", replace_invalid))
    way_to_tell(progress, show_progress, "(done, total)")
    with shown(progress, show_progress) as tell:
        if service is not None:
            return _run(service, options, tell)
        with EmbeddingsService(EmbeddingsConfig()) as own:
            return _run(own, options, tell)


def _run(service: EmbeddingsService, options: dict[str, Any], tell: Progress | None) -> FilesReport:
    options["on_long"] = service.config.onnx_on_long
    return FilesReport(**service._native.embed_files(options, tell))


def _patterns(inputs: object) -> list[str]:
    if isinstance(inputs, (str, os.PathLike)):
        return [path_of("inputs", inputs)]
    if isinstance(inputs, bytes) or not isinstance(inputs, Iterable):
        raise wrong("inputs", inputs, "a path, a pattern or a list of them")
    return [path_of(f"inputs[{i}]", each) for i, each in enumerate(inputs)]


def _resume(resume: object) -> str:
    if isinstance(resume, str) and resume == "verify":
        return "verify"
    return "yes" if flag("resume", resume, 'bool or "verify"') else "no"


def _checked(**options: Any) -> dict[str, Any]:
    """The options of the extension, with Parquet's own files if the job is one of Parquet."""
    tables = [name for name in options["inputs"] if name.endswith(ENDING)]
    parquet = options["format"] == "parquet" or (options["format"] is None and bool(tables))
    if parquet and len(tables) < len(options["inputs"]):
        other = next(name for name in options["inputs"] if not name.endswith(ENDING))
        raise InvalidArgument(f'{other} does not end in {ENDING}; format "parquet" keeps the columns of Parquet inputs, so all inputs '
                              "are Parquet then")
    if tables and not parquet:
        raise InvalidArgument(f'{tables[0]} is a Parquet file and format is "{options["format"]}"; expected format "parquet"')
    options["files"] = None
    options["format"] = options["format"] or "jsonl"
    if parquet:
        for name in ("id_field", "replace_invalid"):
            if options[name]:
                raise InvalidArgument(f"{name} has no meaning for Parquet files, whose columns are all kept and hold valid text; "
                                      "leave it out")
        if options["on_error"] not in ("fail", "null") or options["output_dtype"] not in ("float32", "float16"):
            raise InvalidArgument(f'on_error is "{options["on_error"]}" and output_dtype is "{options["output_dtype"]}"; expected '
                                  '"fail" or "null", and "float32" or "float16"')
        options["files"] = ParquetFiles(field=options["field"], into=options["into"], output_dtype=options["output_dtype"],
                                        on_error=options["on_error"])
    return options
