"""Tests export_model, pull_model and run_benchmark."""

from __future__ import annotations

import dataclasses
import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import vetor
from conftest import TINY
from vetor import EmbeddingsConfig, EmbeddingsService

TEXTS = ["GP de São Paulo", "Brazilian Grand Prix", "MotoGP Argentina"]


def encode(model: Path) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    with EmbeddingsService(EmbeddingsConfig.for_model(model, cache_enabled=False)) as service:
        return service.encode(TEXTS)


def test_an_exported_folder_gives_the_model_s_vectors(tmp_path: Path) -> None:
    report = vetor.export_model(TINY, tmp_path / "out", quantize=True, fp16=True, opset=17)
    assert (report.output, report.family, report.opset, report.warnings) == (tmp_path / "out", "bert", 17, ())
    assert [(graph.precision, graph.file) for graph in report.graphs] == [
        ("fp32", "model.onnx"), ("fp16", "model_fp16.onnx"), ("int8", "model_quantized.onnx")]
    for graph in report.graphs:
        assert graph.bytes == (report.output / graph.file).stat().st_size
        assert graph.worst_cosine <= graph.mean_cosine <= 1.000001 and graph.worst_cosine > 0.99
    assert report.graphs[0].max_difference < 1e-5 < report.graphs[2].max_difference and report.seconds > 0
    np.testing.assert_allclose(encode(report.output), encode(TINY), atol=1e-5)
    assert ((encode(report.output / "model_quantized.onnx") * encode(TINY)).sum(axis=1) > 0.99).all()
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.opset = 12  # type: ignore[misc]


def test_options_reach_the_exporter(tmp_path: Path) -> None:
    report = vetor.export_model(str(TINY), str(tmp_path / "hub"), precisions=["int8", "fp32"], layout="hub", quantize=True,
                                quantize_scheme="per-tensor", sentence_embedding=True)
    assert sorted(graph.file for graph in report.graphs) == ["onnx/model.onnx", "onnx/model_quantized.onnx"]
    assert b"sentence_embedding" in (report.output / "onnx" / "model.onnx").read_bytes()
    assert b"DynamicQuantizeLinear" in (report.output / "onnx" / "model_quantized.onnx").read_bytes()
    assert [g.file for g in vetor.export_model(TINY, tmp_path / "one", precisions="fp16").graphs] == ["model_fp16.onnx"]


@pytest.mark.parametrize(("settings", "expected", "word"), [
    ({"source": "no/such/folder"}, vetor.NotFound, "no/such/folder"),
    ({"opset": 3}, vetor.InvalidArgument, "opset"),
    ({"precisions": ["int3"]}, vetor.InvalidArgument, "int3"),
    ({"precisions": []}, vetor.InvalidArgument, "precision"),
    ({"layout": "flat"}, vetor.InvalidArgument, "flat"),
    ({"calibration": "no/texts.txt", "quantize": True}, vetor.NotFound, "no/texts.txt"),
    ({"library_path": "/no/libonnxruntime.so"}, vetor.VetorError, "/no/libonnxruntime.so"),
])
def test_errors_are_named_and_nothing_is_left(settings: "dict[str, object]", expected: type, word: str, tmp_path: Path) -> None:
    with pytest.raises(expected, match=word):
        vetor.export_model(**{"source": TINY, "output": tmp_path / "out", **settings})  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_replaced_only_when_asked(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("mine")
    with pytest.raises(vetor.FailedPrecondition) as caught:
        vetor.export_model(TINY, tmp_path)
    assert caught.value.exit_code == 1 and (tmp_path / "old.txt").read_text() == "mine"
    out = tmp_path / "out"
    vetor.export_model(TINY, out, quantize=True)
    vetor.export_model(TINY, out, overwrite=True)
    assert (out / "model.onnx").is_file() and not (out / "model_quantized.onnx").exists()


def test_exit_codes_are_the_command_s() -> None:
    done = subprocess.run([sys.executable, "-m", "vetor", "export", "no/such/folder", "--output", "out"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == vetor.NotFound.exit_code == 2
    codes = {kind.code: kind.exit_code for kind in vetor.VetorError.__subclasses__()}
    assert {code for code, exit_code in codes.items() if exit_code == 2} == {
        "INVALID_ARGUMENT", "NOT_FOUND", "PERMISSION_DENIED", "UNIMPLEMENTED"}


# The most that int8 is compared with fp32 on. They take many times the 50 ms after which progress is told first, so that the
# work is under way then.
CALIBRATION_TEXTS = 4096


@pytest.fixture
def calibration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "texts.txt"
    path.write_text("".join(f"{'wet ' * 40}race {i} in Monaco, after qualifying on a wet track\n" for i in range(CALIBRATION_TEXTS)))
    return path


def test_progress_names_steps_and_what_it_raises_ends_the_export(calibration: Path, tmp_path: Path) -> None:
    heard = []

    def progress(step: str, fraction: float) -> None:
        heard.append((step, fraction))
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        vetor.export_model(TINY, tmp_path / "out", quantize=True, calibration=calibration, progress=progress)
    assert len(heard) == 1 and heard[0][0] and 0 <= heard[0][1] < 1
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_an_export_and_nothing_is_left(calibration: Path, tmp_path: Path) -> None:
    program = f"""
import os, signal, vetor
def progress(step, fraction):
    os.kill(os.getpid(), signal.SIGINT)
try:
    vetor.export_model({str(TINY)!r}, {str(tmp_path / "out")!r}, quantize=True, calibration={str(calibration)!r}, progress=progress)
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split() == ["interrupted"], done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_show_progress_draws_a_bar(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    vetor.export_model(TINY, tmp_path / "out", show_progress=True)
    assert "100%" in capfd.readouterr().err


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub cache with one model in it, and no network."""
    folder = tmp_path / "hub" / "models--team--tiny"
    snapshot = folder / "snapshots" / ("c" * 40)
    snapshot.parent.mkdir(parents=True)
    snapshot.symlink_to(TINY)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("c" * 40)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return snapshot


def test_pull_model_finds_what_the_cache_has(hub: Path) -> None:
    model = vetor.pull_model("team/tiny")
    assert (model.folder, model.commit, model.fetched_bytes) == (hub, "c" * 40, 0)
    assert "offline" in model.unreached.lower()
    np.testing.assert_array_equal(encode(model.folder), encode(TINY))
    with pytest.raises(vetor.NotFound, match="team/other"):
        vetor.pull_model("team/other")
    with pytest.raises(vetor.NotFound):
        vetor.pull_model("team/tiny", "v9")
    with pytest.raises(vetor.InvalidArgument):
        vetor.pull_model("../tiny")


# Only a caller that knew of `unreached` saw that the copy may not be what the hub has now.
def test_a_pull_without_an_answer_is_a_warning_in_the_log(hub: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "vetor"):
        model = vetor.pull_model("team/tiny")
    assert [(record.name, record.levelno) for record in caplog.records] == [("vetor", logging.WARNING)]
    assert model.unreached in caplog.text and "team/tiny as the last pull left it" in caplog.text


def test_export_model_takes_a_hub_id(hub: Path, tmp_path: Path) -> None:
    report = vetor.export_model("team/tiny", tmp_path / "out")
    np.testing.assert_allclose(encode(report.output), encode(TINY), atol=1e-5)


def test_a_benchmark_measures_each_configuration() -> None:
    steps = []
    report = vetor.run_benchmark(TINY, providers=["cpu", "cuda"], texts=TEXTS, cache_states=["cold", "memory"], repeat=1,
                                 pairs=[("race", "grand prix", 4.0), ("race", "cheese", 1.0), ("a", "b", 2)],
                                 progress=lambda step, fraction: steps.append((step, fraction)))
    results = report.data["results"]
    assert [(r["engine"], r["provider"], r["cache"]) for r in results if not r["error"]] == [
        ("hashing", None, "cold"), ("hashing", None, "memory"), ("onnx", "cpu", "cold"), ("onnx", "cpu", "memory")]
    assert all(r["texts"] == 3 and r["texts_per_second"] > 0 for r in results if not r["error"])
    (failed,) = {r["error"] for r in results if r["error"]}
    assert "CUDA" in failed and "onnx cuda" in report.table()
    assert report.data == json.loads(report.json()) and report.data["model"]["dim"] == 32
    assert str(report) == report.table() and report.html().lower().startswith("<!doctype html>")
    assert any(q["spearman"] is not None for q in report.data["quality"])
    assert len(steps) > 1 and all(step and 0 <= fraction <= 1 for step, fraction in steps) and steps[-1][1] == 1


def test_each_runtime_is_measured() -> None:
    report = vetor.run_benchmark(TINY, engines="onnx", runtimes=["native", "onnxruntime"], texts=TEXTS, repeat=1,
                                 cache_states="cold")
    native, other = report.data["results"]
    assert native["runtime"] == "native" and native["active_runtime"].startswith("native (")
    assert native["runtime_reason"] is None
    assert other["runtime"] == "onnxruntime" and "onnxruntime" in other["runtime_reason"]


def test_settings_reach_the_benchmark_and_hashing_needs_no_model(tmp_path: Path) -> None:
    report = vetor.run_benchmark(config=EmbeddingsConfig(dim=64, batch_size=2), texts=TEXTS, repeat=1, scratch=tmp_path)
    assert {(r["engine"], r["error"]) for r in report.data["results"]} == {("hashing", None)}
    assert report.data["model"]["batch_size"] == 2 and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("settings", "expected"), [
    ({"engines": ["torch"]}, vetor.InvalidArgument), ({"workloads": "huge"}, vetor.InvalidArgument),
    ({"cache_states": ["warm"]}, vetor.InvalidArgument), ({"engines": "onnx"}, vetor.InvalidArgument),
    ({"texts": "race"}, TypeError), ({"texts": ["race", 5]}, TypeError), ({"repeat": 0}, vetor.InvalidArgument),
    ({"model": TINY, "config": EmbeddingsConfig()}, vetor.InvalidArgument),
])
def test_wrong_arguments(settings: "dict[str, object]", expected: type) -> None:
    with pytest.raises(expected):
        vetor.run_benchmark(**settings)  # type: ignore[arg-type]


def test_ctrl_c_ends_a_benchmark() -> None:
    program = f"""
import os, signal, vetor
def progress(step, fraction):
    os.kill(os.getpid(), signal.SIGINT)
try:
    vetor.run_benchmark({str(TINY)!r}, repeat=1000, scale=100, progress=progress)
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split() == ["interrupted"], done.stdout + done.stderr
