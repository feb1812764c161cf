"""Tests pandas, Arrow, Parquet, and the command that the wheel installs."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
import pytest
import vetor
from conftest import TINY
from vetor import EmbeddingsService, embed_column

COMMAND = str(Path(sysconfig.get_path("scripts"), "vetor"))


def vetor_command(*arguments: object, expect: int = 0, **options: object) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False,
                          **options)  # type: ignore[call-overload]
    assert done.returncode == expect, done.stdout + done.stderr
    return done  # type: ignore[no-any-return]


def test_a_pandas_column(tiny: EmbeddingsService) -> None:
    frame = pandas.DataFrame({"text": ["race", None, "qualifying"], "n": [1, 2, 3]}, index=[7, 8, 9])
    result = embed_column(frame, "text", tiny)
    assert list(result.columns) == ["text", "n", "embedding"] and list(frame.columns) == ["text", "n"]
    assert result["embedding"][8] is None
    np.testing.assert_array_equal(result["embedding"][9], tiny.encode("qualifying"))
    with pytest.raises(vetor.NotFound, match="title"):
        embed_column(frame, "title", tiny)
    with pytest.raises(vetor.InvalidArgument, match="int"):
        embed_column(frame, "n", tiny)
    assert len(embed_column(frame, "text", into="v")["v"][7]) == 256


def test_an_arrow_column(tiny: EmbeddingsService) -> None:
    table = pyarrow.table({"text": ["race", None, "qualifying"]})
    column = embed_column(table, "text", tiny)["embedding"]
    assert column.type == pyarrow.list_(pyarrow.float32(), tiny.dim) and column.null_count == 1
    np.testing.assert_array_equal(column[2].as_py(), tiny.encode("qualifying"))
    again = embed_column(table.append_column("v", [[1, 2, 3]]), "text", tiny, into="v")
    assert again.column_names == ["text", "v"]
    with pytest.raises(TypeError, match="list"):
        embed_column([1], "text", tiny)


def test_the_command_is_the_one_in_c_plus_plus(tmp_path: Path) -> None:
    assert "dedupe" in vetor_command("--help").stdout
    done = vetor_command("embed", "--model", TINY, "--no-cache", "--quiet", input="race\n")
    assert done.stdout.startswith('{"')
    module = subprocess.run([sys.executable, "-m", "vetor", "embed", "--model", TINY, "--no-cache", "--quiet"], input="race\n",
                            capture_output=True, text=True, check=True)
    assert module.stdout == done.stdout
    vetor_command("embed", "--model", tmp_path / "nothing", "--quiet", expect=2, input="race\n")


def test_parquet_in_parquet_out(tmp_path: Path, tiny: EmbeddingsService, runtime: str) -> None:
    source, target = tmp_path / "x.parquet", tmp_path / "y.parquet"
    names = ["race", "line\nbreak", None, "日本", ""] * 9000
    table = pyarrow.table({"name": names, "n": range(len(names))})
    pyarrow.parquet.write_table(table, source, row_group_size=7000)
    vetor_command("embed", "--input", source, "--output", target, "--field", "name", "--model", TINY,
                  "--runtime", runtime, "--cache-dir", tmp_path / "c", "--quiet")
    result = pyarrow.parquet.read_table(target)
    assert result.drop_columns(["embedding"]).equals(table)
    column = result["embedding"].combine_chunks()
    assert column.null_count == 9000 and column.type == pyarrow.list_(pyarrow.float32(), tiny.dim)
    for row in (0, 1, 3, 4, 44_999):
        np.testing.assert_array_equal(column[row].as_py(), tiny.encode(names[row] or ""))
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_parquet_errors_say_what_to_do(tmp_path: Path) -> None:
    source, target = tmp_path / "x.parquet", tmp_path / "y.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"name": ["race"], "n": [1]}), source)
    for arguments, message in [
        ((source, "y.npy", "name"), "--output is y.npy"),
        ((source, target, "title"), "it has name, n; name one with --field"),
        ((source, target, "n"), "expected text"),
        ((tmp_path / "z.parquet", target, "name"), "no such file"),
    ]:
        done = vetor_command("embed", "--input", arguments[0], "--output", arguments[1], "--field", arguments[2], "--model",
                             TINY, expect=2)
        assert message in done.stderr, done.stderr
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 no")
    assert "not a Parquet file" in vetor_command("embed", "--input", broken, "--output", target, expect=2).stderr
    vetor_command("embed", "--input", source, "--output", target, "--field", "name", "--model", tmp_path, "--quiet", expect=2)
    assert not target.exists()


def test_parquet_without_pyarrow(tmp_path: Path) -> None:
    program = ("import sys; sys.modules['pyarrow'] = None; sys.argv = ['vetor', 'embed', '--input', 'a.parquet', '--output', "
               "'b.parquet']; import vetor.__main__; sys.exit(vetor.__main__.main())")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2 and "pip install pyarrow" in done.stderr
