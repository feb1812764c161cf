"""Tests embed_files: the same job as the command's, and Parquet."""

from __future__ import annotations

import filecmp
import json
import os
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import vetor
from conftest import TINY
from vetor import EmbeddingsConfig, EmbeddingsService, embed_files

COMMAND = str(Path(sysconfig.get_path("scripts"), "vetor"))
TEXTS = [f"GP de São Paulo {row}" for row in range(5000)]


def write_lines(path: Path, texts: list[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps({"id": row, "text": text}, ensure_ascii=False) + "\n" for row, text in enumerate(texts)))


def write_table(path: Path, texts: list[str | None], **columns: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    table = pyarrow.table({"n": list(range(len(texts))), "text": pyarrow.array(texts, pyarrow.string()), **columns})
    pyarrow.parquet.write_table(table, path, row_group_size=700)


def check_same(one: Path, other: Path) -> None:
    names = sorted(os.listdir(one))
    assert names == sorted(os.listdir(other))
    assert filecmp.cmpfiles(one, other, names, shallow=False)[0] == names


def test_a_job_is_that_of_the_command(hashing: EmbeddingsService, tmp_path: Path) -> None:
    write_lines(tmp_path / "in/a.jsonl", TEXTS)
    write_lines(tmp_path / "in/b.jsonl", TEXTS[:3])
    seen: list[tuple[int, int]] = []
    report = embed_files(tmp_path / "in/*.jsonl", tmp_path / "out", hashing, id_field="id", shard_rows=2000,
                         progress=lambda done, total: seen.append((done, total)))
    assert (report.texts, report.outputs, report.inputs, report.failed) == (5003, 4, 2, 0)
    assert seen[-1] == (5003, 5003)
    subprocess.run([COMMAND, "embed", "--input", f"{tmp_path}/in/*.jsonl", "--field", "text", "--id-field", "id", "--output",
                    f"{tmp_path}/command/", "--shard-rows", "2000", "--input-format", "jsonl", "--quiet", "--no-cache"], check=True)
    for path in (tmp_path / "out").glob("*.jsonl"):
        assert path.read_bytes() == (tmp_path / "command" / path.name).read_bytes()
    with pytest.raises(vetor.FailedPrecondition, match="option resume"):
        embed_files(tmp_path / "in/*.jsonl", tmp_path / "out", hashing, id_field="id", shard_rows=2000)
    again = embed_files([tmp_path / "in/a.jsonl"], tmp_path / "out", hashing, id_field="id", shard_rows=2000, resume="verify")
    assert (again.outputs, again.finished_outputs, again.finished_texts) == (0, 3, 5000)


def test_npy_has_the_vectors_of_a_call(tiny: EmbeddingsService, tmp_path: Path) -> None:
    write_lines(tmp_path / "in/a.jsonl", TEXTS[:300])
    embed_files(tmp_path / "in/a.jsonl", tmp_path / "out", tiny, format="npy")
    np.testing.assert_array_equal(np.load(tmp_path / "out/a.npy"), tiny.encode(TEXTS[:300]))
    embed_files(tmp_path / "in/a.jsonl", tmp_path / "half", tiny, format="npy", output_dtype="float16")
    half = np.load(tmp_path / "half/a.npy")
    assert half.dtype == np.float16
    np.testing.assert_array_equal(half, tiny.encode(TEXTS[:300]).astype(np.float16))


def test_parquet_keeps_its_columns_and_nulls(tiny: EmbeddingsService, tmp_path: Path) -> None:
    texts: list[str | None] = [*TEXTS[:2500]]
    texts[7] = None
    write_table(tmp_path / "in/a.parquet", texts, tag=pyarrow.array([f"t{row % 3}" for row in range(2500)]).dictionary_encode())
    report = embed_files(tmp_path / "in/*.parquet", tmp_path / "out", tiny, into="v", shard_rows=1000)
    assert (report.texts, report.outputs, report.failed) == (2500, 3, 0)
    table = pyarrow.concat_tables([pyarrow.parquet.read_table(path) for path in sorted((tmp_path / "out").glob("*.parquet"))])
    assert table.column_names == ["n", "text", "tag", "v"]
    assert table.column("n").to_pylist() == list(range(2500))
    assert table.schema.field("v").type == pyarrow.list_(pyarrow.float32(), tiny.dim)
    vectors = table.column("v").to_pylist()
    assert vectors[7] is None and table.column("v").null_count == 1
    expected = tiny.encode([text or "" for text in texts])
    for row in (0, 6, 8, 999, 1000, 2499):
        np.testing.assert_array_equal(np.array(vectors[row], dtype=np.float32), expected[row])
    manifest = json.loads((tmp_path / "out/a.00002.manifest.json").read_text())
    assert (manifest["rows"], manifest["output"]["first_row"], manifest["settings"]["format"]) == (1000, 1000, "parquet")


def test_parquet_resumes_to_the_same_bytes(hashing: EmbeddingsService, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_table(tmp_path / f"in/{name}.parquet", [f"{name} {text}" for text in TEXTS[:3000]])
    settings: dict[str, Any] = {"shard_rows": 1300, "output_dtype": "float16"}
    embed_files(tmp_path / "in/*.parquet", tmp_path / "whole", hashing, **settings)
    embed_files(tmp_path / "in/*.parquet", tmp_path / "out", hashing, **settings)
    check_same(tmp_path / "whole", tmp_path / "out")
    (tmp_path / "out/a.00002.parquet").unlink()
    (tmp_path / "out/b.00003.manifest.json").unlink()
    report = embed_files(tmp_path / "in/*.parquet", tmp_path / "out", hashing, resume="verify", **settings)
    assert (report.outputs, report.finished_outputs) == (2, 4)
    check_same(tmp_path / "whole", tmp_path / "out")


def test_a_row_of_parquet_that_cannot_be_embedded_is_null_with_its_reason(tmp_path: Path) -> None:
    texts: list[str | None] = ["race", "race " * 100, None]
    write_table(tmp_path / "in/a.parquet", texts)
    with EmbeddingsService(EmbeddingsConfig.for_model(TINY, onnx_on_long="error", cache_enabled=False)) as service:
        with pytest.raises(vetor.InvalidArgument, match="a.parquet, row 2: the text has"):
            embed_files(tmp_path / "in/a.parquet", tmp_path / "out", service)
        report = embed_files(tmp_path / "in/a.parquet", tmp_path / "out", service, on_error="null")
    assert report.failed == 1
    table = pyarrow.parquet.read_table(tmp_path / "out/a.parquet")
    assert [vector is None for vector in table.column("embedding").to_pylist()] == [False, True, True]
    errors = table.column("error").to_pylist()
    assert errors[0] is None and "more than 48 tokens" in errors[1] and errors[2] is None


def test_wrong_arguments_name_themselves(hashing: EmbeddingsService, tmp_path: Path) -> None:
    write_table(tmp_path / "in/a.parquet", ["race"])
    write_lines(tmp_path / "in/a.jsonl", ["race"])
    out = tmp_path / "out"
    cases: list[tuple[type[Exception], str, Callable[[], object]]] = [
        (TypeError, "inputs is int", lambda: embed_files(7, out, hashing)),  # type: ignore[arg-type]
        (TypeError, "service is str", lambda: embed_files("in", out, "model")),  # type: ignore[arg-type]
        (TypeError, "resume is int", lambda: embed_files("in", out, hashing, resume=1)),  # type: ignore[arg-type]
        (vetor.InvalidArgument, "shard_rows is 0", lambda: embed_files("in", out, hashing, shard_rows=0)),
        (vetor.InvalidArgument, "format", lambda: embed_files("in", out, hashing, format="csv")),  # type: ignore[arg-type]
        (vetor.InvalidArgument, "does not end in", lambda: embed_files(tmp_path / "in/a.jsonl", out, hashing, format="parquet")),
        (vetor.InvalidArgument, "is a Parquet file", lambda: embed_files(tmp_path / "in/a.parquet", out, hashing, format="npy")),
        (vetor.InvalidArgument, "id_field", lambda: embed_files(tmp_path / "in/a.parquet", out, hashing, id_field="n")),
        (vetor.NotFound, "no file is named", lambda: embed_files(tmp_path / "none/*", out, hashing)),
        (vetor.InvalidArgument, "no column 'title'", lambda: embed_files(tmp_path / "in/a.parquet", out, hashing, field="title")),
        (vetor.InvalidArgument, "is int64; expected text", lambda: embed_files(tmp_path / "in/a.parquet", out, hashing, field="n")),
        (vetor.InvalidArgument, "a column 'n' already", lambda: embed_files(tmp_path / "in/a.parquet", out, hashing, into="n")),
    ]
    for error, words, call in cases:
        with pytest.raises(error, match=words):
            call()
    assert not list(tmp_path.glob("out/*.parquet"))
