"""Tests examples/motorsport-calendar: the calendar's own code as it is, and the reports over its events."""

from __future__ import annotations

import importlib
import json
import logging
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import EXAMPLE, ROOT, TINY

from src.ai import EmbeddingsConfig, EmbeddingsService


def onnx(tmp_path: Path, **settings: object) -> EmbeddingsConfig:
    return EmbeddingsConfig(**{"backend": "onnx", "onnx_enabled": True, "onnx_model_path": TINY / "model.onnx", "dim": 32,  # type: ignore[arg-type]
                               "cache_dir": tmp_path, **settings})


DOCUMENT = """
from src.ai import EmbeddingsService, EmbeddingsConfig
cfg = EmbeddingsConfig(enabled=True, backend="onnx", onnx_enabled=True,
    onnx_model_path="models/embeddings-onnx/model.onnx", onnx_providers=["CPUExecutionProvider"],
    dim=384, batch_size=32, cache_enabled=True, cache_dir="cache/embeddings", ttl_days=7)
svc = EmbeddingsService(cfg)
embeddings = svc.embed_texts(["F1 Grande Prêmio do Brasil", "MotoGP Argentina"])
svc.metrics['cache_hits'], svc.metrics['cache_misses'], svc.metrics['batch_latencies_ms']
m = svc.metrics
print(svc.backend, len(embeddings), len(embeddings[0]), m['cache_hits'], m['cache_misses'],
      sum(m['batch_latencies_ms']) / len(m['batch_latencies_ms']) > 0)
"""


def test_the_document_s_snippet_runs_as_it_stands_twice(minilm: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "embeddings-onnx").symlink_to(minilm)
    for hits, misses in ((0, 2), (2, 0)):
        done = subprocess.run([sys.executable, "-c", DOCUMENT], capture_output=True, text=True, cwd=tmp_path, check=True,
                              env={**os.environ, "PYTHONPATH": os.pathsep.join([str(EXAMPLE), os.environ.get("PYTHONPATH", "")])})
        assert done.stdout.split() == ["onnx", "2", "384", str(hits), str(misses), "True"]


def run_in(folder: Path, *command: object) -> "subprocess.CompletedProcess[str]":
    """Runs a Python program in the working copy `folder`, as its user does."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, cwd=folder, check=False,
                          env=environment)


@pytest.fixture(scope="session")
def working_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example without its data, with the tiny checkpoint exported by its own script to the document's path."""
    folder = tmp_path_factory.mktemp("calendar") / "copy"
    for part in ("src", "scripts"):
        shutil.copytree(EXAMPLE / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(EXAMPLE / "config.json", folder)
    done = run_in(folder, "scripts/eval/export_onnx.py", "--model_id", TINY, "--output_dir", "models/embeddings-onnx",
                  "--quantize", "--fp16", "--opset", "13")
    assert done.returncode == 0, done.stderr
    for words in ("model.onnx", "model_quantized.onnx", "model_fp16.onnx", "cosseno", "opset 13",
                  'onnx_model_path="models/embeddings-onnx/model.onnx"'):
        assert words in done.stdout, done.stdout
    return folder


def test_the_document_from_export_to_metrics(working_copy: Path) -> None:
    snippet = DOCUMENT.replace("dim=384", "dim=32")
    for hits, misses in ((0, 2), (2, 0), (2, 0)):
        done = run_in(working_copy, "-c", snippet)
        assert (done.stdout.split(), done.stderr) == (["onnx", "2", "32", str(hits), str(misses), "True"], "")
    assert any((working_copy / "cache" / "embeddings").iterdir())


def test_the_export_script_s_exit_codes(working_copy: Path) -> None:
    for arguments, code, words in ((("--model_id", TINY), 1, "--overwrite"), (("--model_id", "nao/existe/aqui"), 2, "nao/existe"),
                                   (("--model_id", TINY, "--opset", 3, "--output_dir", "other"), 2, "opset"),
                                   (("--model_id", TINY, "--bits", 4), 2, "--bits")):
        done = run_in(working_copy, "scripts/eval/export_onnx.py", *arguments)
        assert done.returncode == code and words in done.stderr and not done.stdout, done.stderr
    assert not (working_copy / "other").exists()
    again = run_in(working_copy, "scripts/eval/export_onnx.py", "--model_id", TINY, "--output_dir", "models/again")
    over = run_in(working_copy, "scripts/eval/export_onnx.py", "--model_id", TINY, "--output_dir", "models/again", "--overwrite")
    assert again.returncode == over.returncode == 0


def test_the_benchmark_script_measures_and_says_which_provider_is_missing(working_copy: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_text("".join(json.dumps({"name": f"GP {i} do Brasil"}) + "\n" for i in range(40)), encoding="utf-8")
    done = run_in(working_copy, "scripts/eval/benchmarks.py", "--task", "embeddings", "--engine", "both", "--onnx-model",
                  "models/embeddings-onnx/model.onnx", "--providers", "cpu", "cuda", "--repeat", 1, "--input", texts,
                  "--json", tmp_path / "bench.json", "--html", tmp_path / "bench.html")
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["results"]
    measured = {(row["engine"], row["provider"]) for row in results if not row["error"]}
    missing = [row for row in results if row["error"]]
    assert measured == {("hashing", None), ("onnx", "cpu")} and {row["texts"] for row in results if not row["error"]} == {40}
    assert missing and all(row["provider"] == "cuda" and "CUDA" in row["error"] for row in missing)
    assert "cuda" in done.stdout and "<svg" in (tmp_path / "bench.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("script", ["export_onnx", "benchmarks"])
def test_ctrl_c_ends_a_script_without_a_traceback(script: str, monkeypatch: pytest.MonkeyPatch,
                                                  capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE / "scripts" / "eval"))

    def interrupted(*arguments: object, **settings: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("vetor.export_model", interrupted)
    monkeypatch.setattr("vetor.run_benchmark", interrupted)
    assert importlib.import_module(script).main([]) == 1
    assert "Interrompido" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--engine", "onnx"], ["--task", "tokens"], ["--input", "nao-existe.txt"],
                                       ["--repeat", "0"]])
def test_the_benchmark_script_s_exit_code_of_a_wrong_call(arguments: "list[str]", working_copy: Path) -> None:
    done = run_in(working_copy, "scripts/eval/benchmarks.py", *arguments)
    assert done.returncode == 2 and done.stderr and "Traceback" not in done.stderr


def test_defaults_are_the_document_s_table() -> None:
    cfg = EmbeddingsConfig()
    assert (cfg.enabled, cfg.backend, cfg.onnx_enabled, cfg.onnx_model_path) == (True, "hashing", False, None)
    assert (cfg.onnx_providers, cfg.dim, cfg.batch_size, cfg.cache_enabled) == (["CPUExecutionProvider"], 256, 32, True)
    assert (cfg.cache_dir, cfg.ttl_days) == ("cache/embeddings", 7)
    cfg.dim = 64
    EmbeddingsConfig(device="cpu", lru_capacity=100, onnx_intra_op_num_threads=1, onnx_inter_op_num_threads=1)
    from src.ai.embeddings_service import EmbeddingsConfig as same
    assert same is EmbeddingsConfig
    section = json.loads((EXAMPLE / "config.json").read_text(encoding="utf-8"))["ai"]
    assert (section["dim"], section["cache"]["ttl_days"], section["thresholds"]["dedup"]) == (256, 7, 0.85)


def test_hashing_gives_lists_of_floats(tmp_path: Path) -> None:
    svc = EmbeddingsService(EmbeddingsConfig(cache_dir=str(tmp_path)))
    assert svc.backend == "hashing" and svc.cfg.dim == 256
    vectors = svc.embed_texts(["GP do Brasil", "", None, 7])  # type: ignore[list-item]
    assert all(type(v) is list and type(v[0]) is float and len(v) == 256 for v in vectors)
    assert vectors[1] == vectors[2] == [0.0] * 256 and abs(sum(x * x for x in vectors[0]) - 1) < 1e-6
    assert vectors[3] == svc.embed_texts(["7"])[0]


def test_onnx_gives_float32_arrays_from_the_cache_too(tmp_path: Path) -> None:
    svc = EmbeddingsService(onnx(tmp_path))
    for _ in range(2):
        vectors = svc.embed_texts(["GP do Brasil", None])  # type: ignore[list-item]
        assert all(v.dtype == np.float32 and v.shape == (32,) and abs(np.linalg.norm(v) - 1) < 1e-5 for v in vectors)
    assert svc.metrics["cache_hits"] == 2


@pytest.mark.parametrize("texts", [("a",), "a", {"a"}, 5])
def test_only_a_list_is_a_list(texts: object, tmp_path: Path) -> None:
    svc = EmbeddingsService(EmbeddingsConfig(cache_dir=tmp_path))
    with pytest.raises(TypeError):
        svc.embed_texts(texts)  # type: ignore[arg-type]
    assert svc.embed_texts(None) == [] and svc.embed_texts([]) == []


def test_metrics_count_texts_and_batches_and_may_be_reset(tmp_path: Path) -> None:
    svc = EmbeddingsService(onnx(tmp_path, batch_size=1))
    svc.embed_texts(["a", "b", "c"])
    assert (svc.metrics["cache_hits"], svc.metrics["cache_misses"]) == (0, 3)
    assert len(svc.metrics["batch_latencies_ms"]) == 3
    svc.embed_texts(["a", "b"])
    assert (svc.metrics["cache_hits"], len(svc.metrics["batch_latencies_ms"])) == (2, 4)
    svc.metrics = {"cache_hits": 0, "cache_misses": 0, "batch_latencies_ms": []}
    svc.embed_texts(["a", "new"])
    assert (svc.metrics["cache_hits"], svc.metrics["cache_misses"]) == (1, 1)
    assert len(json.loads(json.dumps(svc.metrics))["batch_latencies_ms"]) == 1
    svc.metrics = {}
    svc.embed_texts(["a"])
    assert svc.metrics["cache_hits"] == 1


# Hashing took up to 512 texts at a time, so that the calendar's own tests counted too few batches.
@pytest.mark.parametrize(("texts", "batch_size"), [(1, 32), (32, 32), (33, 32), (100, 8), (70, 3), (600, 300), (1500, 32), (5, 1)])
@pytest.mark.parametrize("cached", [True, False])
def test_hashing_has_a_latency_a_batch(texts: int, batch_size: int, cached: bool, tmp_path: Path) -> None:
    svc = EmbeddingsService(EmbeddingsConfig(batch_size=batch_size, cache_enabled=cached, cache_dir=tmp_path))
    svc.embed_texts([f"GP {i}" for i in range(texts)])
    latencies = svc.metrics["batch_latencies_ms"]
    assert len(latencies) == math.ceil(texts / batch_size) and all(ms >= 0 for ms in latencies)
    if cached:
        svc.embed_texts([f"GP {i}" for i in range(texts)])
        assert len(latencies) == math.ceil(texts / batch_size) + 1
        svc.embed_texts([f"GP {i}" for i in range(2 * texts)])  # The second half is new.
        assert len(latencies) == 2 * math.ceil(texts / batch_size) + 1


def test_no_latency_of_a_large_call_is_lost(tmp_path: Path) -> None:
    svc = EmbeddingsService(EmbeddingsConfig(batch_size=1, dim=8, cache_enabled=False))
    vectors = svc.embed_texts([f"GP {i}" for i in range(5000)])
    assert len(svc.metrics["batch_latencies_ms"]) == len(vectors) == 5000 and vectors[4999] == svc.embed_texts(["GP 4999"])[0]


# The calendar's own tests look at the session, and found no such attribute.
def test_the_session_names_its_providers(tmp_path: Path) -> None:
    svc = EmbeddingsService(onnx(tmp_path))
    assert svc.ort_session is svc._onnx_session and svc.ort_session is not None
    assert svc.ort_session.get_providers() == ["CPUExecutionProvider"]
    hashing = EmbeddingsService(EmbeddingsConfig(cache_dir=tmp_path))
    assert hashing.ort_session is None and hashing._onnx_session is None


def test_a_session_with_a_part_elsewhere_names_the_cpu_last() -> None:
    from src.ai.embeddings_service import _OnnxSession

    said = "CUDAExecutionProvider (12 of 400 nodes on CPUExecutionProvider)"
    assert _OnnxSession(said).get_providers() == ["CUDAExecutionProvider", "CPUExecutionProvider"]


def test_backend_where_it_was_not_given(tmp_path: Path) -> None:
    cfg = EmbeddingsConfig(cache_dir=tmp_path)
    cfg.onnx_enabled, cfg.onnx_model_path = True, str(TINY)
    svc = EmbeddingsService(cfg)
    assert svc.backend == "onnx" and svc.embed_texts(["a"])[0].shape == (cfg.dim,) == (32,)
    assert EmbeddingsService(EmbeddingsConfig(onnx_enabled=True, cache_enabled=False)).backend == "hashing"
    given = EmbeddingsConfig(backend="hashing", onnx_enabled=True, onnx_model_path=TINY, cache_enabled=False)
    assert EmbeddingsService(given).backend == "hashing"


@pytest.mark.parametrize("providers", [["cpu"], ["CPU"], ["cpuexecutionprovider"]])
def test_provider_names_in_any_form(providers: list[str], tmp_path: Path) -> None:
    assert EmbeddingsService(onnx(tmp_path, onnx_providers=providers)).backend == "onnx"


@pytest.mark.parametrize("settings", [
    {"onnx_model_path": "nao/existe.onnx"}, {"onnx_model_path": None}, {"onnx_providers": ["tpu"]}, {"dim": 4096},
    {"onnx_providers": ["CUDAExecutionProvider"]}, {"onnx_model_path": str(ROOT / "README.md")}, {"onnx_providers": []},
])
def test_onnx_that_fails_warns_in_portuguese_and_works_on_hashing(settings: dict[str, object], tmp_path: Path,
                                                                  caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        svc = EmbeddingsService(onnx(tmp_path, **settings))
    said = [record for record in caplog.records if "Falha ao inicializar ONNX Runtime" in record.getMessage()]
    assert len(said) == 1 and said[0].levelname == "WARNING" and "hashing" in said[0].getMessage()
    assert svc.backend == "hashing" and len(svc.embed_texts(["a"])[0]) == svc.cfg.dim


def test_onnx_without_its_switch_warns_what_to_set(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        svc = EmbeddingsService(onnx(tmp_path, onnx_enabled=False))
    assert svc.backend == "hashing" and "onnx_enabled=True" in caplog.text
    assert "Falha" not in caplog.text


def test_switched_off_never_tries_onnx(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert EmbeddingsService(onnx(tmp_path, enabled=False)).backend == "hashing"
    assert "ai.enabled=false" in caplog.text


def test_the_duplicates_report_measures_guards_and_score(tmp_path: Path) -> None:
    import duplicates_report as report

    events = report.read_events(every=40)
    pairs = report.find_candidates(events)
    same = [pair.same for pair in pairs]
    assert len(pairs) > 300 and 0.1 < sum(same) / len(same) < 0.9
    everything = report.measure([True] * len(pairs), same)
    guards = report.measure([pair.guarded for pair in pairs], same)
    assert everything.recall == 1 and guards.precision > everything.precision + 0.2 and guards.recall > 0.7
    svc = EmbeddingsService(EmbeddingsConfig(cache_dir=tmp_path))
    scores = [0.5 * pair.fuzzy + 0.5 * report.mean_cosine(svc, pair) for pair in pairs]
    _, best = report.best_threshold(scores, pairs)
    # The score looks for the best balance behind the guards, so it says yes to no more than they do.
    assert guards.f1 - 0.05 < best.f1 and best.recall <= guards.recall and best.f1 > everything.f1 + 0.1
    assert all(0 <= score <= 1.001 for score in scores)


@pytest.mark.parametrize(("script", "heading"), [("duplicates_report.py", "guards alone"),
                                                 ("classify_categories.py", "the most frequent")])
def test_reports_run(script: str, heading: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(EXAMPLE / "scripts" / script), str(TINY), "--every", "40", "--cache", str(tmp_path)],
                          capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0 and heading in done.stdout and "tiny-bert" in done.stdout, done.stdout + done.stderr


def test_the_classifier_beats_the_most_frequent_category(tmp_path: Path) -> None:
    import classify_categories as classifier

    events = classifier.read_events(every=10)
    svc = EmbeddingsService(EmbeddingsConfig(cache_dir=tmp_path))
    frequent, centroid, nearest = classifier.accuracies(svc, events, "championship", 5)
    assert nearest > frequent + 0.1 and centroid > frequent
