"""Compares EmbeddingsConfig with the library's own table, and exceptions with its table of codes."""

from __future__ import annotations

import dataclasses
import json
import logging
import pickle
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import vetor
from conftest import ROOT, TINY
from vetor import EmbeddingsConfig, EmbeddingsService
from vetor.__main__ import packaged_command


def leaves(schema: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in schema["properties"].items():
        if "properties" in member:
            found |= leaves(member, prefix + name + "_")
        else:
            found[prefix + name] = member["default"]
    return found


def test_keywords_and_defaults_are_those_of_the_settings_table() -> None:
    schema = subprocess.run([packaged_command(), "config", "--schema"], capture_output=True, check=True).stdout
    section = json.loads(schema)["properties"]["ai"]
    del section["properties"]["server"]  # Of `vetor serve` alone.
    expected = leaves(section)
    assert len(expected) > 15
    assert dataclasses.asdict(EmbeddingsConfig()) == expected


def test_what_0_1_0_pickled_and_wrote_is_read_as_then() -> None:
    folder = ROOT / "tests" / "data" / "config" / "0.1.0"
    for protocol in (2, 5):
        assert pickle.loads((folder / f"default.{protocol}.pickle").read_bytes()) == EmbeddingsConfig()
        model = pickle.loads((folder / f"model.{protocol}.pickle").read_bytes())
        assert model == EmbeddingsConfig.for_model("models/all-MiniLM-L6-v2")
        every = pickle.loads((folder / f"every.{protocol}.pickle").read_bytes())
        written = EmbeddingsConfig.from_dict(json.loads((folder / "every.json").read_text(encoding="utf-8")))
        assert dataclasses.replace(every, onnx_model_path="models/m") == written
    with pickle.loads((folder / "service.5.pickle").read_bytes()) as service:
        assert service.dim == 64 and service.encode("race").shape == (64,)
    for _, _, _, keyword, default in json.loads((folder / "names.json").read_text(encoding="utf-8")):
        assert getattr(EmbeddingsConfig(), keyword) == default


def test_from_file_reads_ai_and_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"app": 1, "ai": {"dim": 128, "cache": {"ttl_day": 3, "max_mb": 5}, "onnx": {"enabled": true}}}')
    monkeypatch.setenv("VETOR_AI_CACHE_MEMORY_MB", "9")
    with caplog.at_level(logging.WARNING, "vetor"):
        config = EmbeddingsConfig.from_file(path)
    assert (config.dim, config.cache_max_mb, config.cache_memory_mb, config.onnx_enabled) == (128, 5, 9, True)
    assert "ai.cache.ttl_day is not a setting" in caplog.text and "ai.cache.ttl_days" in caplog.text
    with pytest.raises(vetor.NotFound):
        EmbeddingsConfig.from_file(tmp_path / "nothing.json")
    path.write_text('{"ai": {"batch_size": "many"}}')
    with pytest.raises(vetor.InvalidArgument, match="ai.batch_size"):
        EmbeddingsConfig.from_file(path)


def test_from_dict() -> None:
    assert EmbeddingsConfig.from_dict({"ai": {"cache": {"ttl_days": 30}}}).cache_ttl_days == 30
    # A config.json without a cache folder keeps its cache in the working directory.
    assert EmbeddingsConfig.from_dict({"other": 1}) == EmbeddingsConfig(cache_dir="cache/embeddings")
    assert EmbeddingsConfig.from_dict({"ai": {"cache": {"dir": None}}}) == EmbeddingsConfig()
    assert EmbeddingsConfig.from_dict({"ai": {"cache": {"dir": ""}}}).cache_dir == ""
    assert EmbeddingsConfig.from_dict({"ai": {"onnx": {"model_path": Path("a/b")}}}).onnx_model_path == "a/b"
    with pytest.raises(vetor.InvalidArgument, match="alone"):
        EmbeddingsConfig.from_dict({"dim": 64})
    with pytest.raises(vetor.InvalidArgument, match="ai.dim"):
        EmbeddingsConfig.from_dict({"ai": {"dim": 0}})


@pytest.mark.parametrize(("setting", "value", "allowed"), [
    ("batch_size", 0, "1 to 65536"), ("batch_size", "32", "1 to 65536"), ("batch_size", True, "1 to 65536"),
    ("dim", 2.5, "1 to"), ("backend", "onyx", "onnx"), ("onnx_providers", "cpu", "list"), ("onnx_providers", ["tpu"], "CPU"),
    ("cache_ttl_days", -1, "0 to"), ("cache_dir", 5, "text"), ("enabled", 1, "true"), ("dim", 2**70, "1 to"),
])
def test_a_wrong_setting_names_itself_and_what_is_allowed(setting: str, value: object, allowed: str) -> None:
    with pytest.raises(vetor.InvalidArgument, match=f"EmbeddingsConfig.{setting}") as caught:
        EmbeddingsService(EmbeddingsConfig(**{setting: value}))  # type: ignore[arg-type]
    assert allowed.lower() in str(caught.value).lower()


def test_every_status_code_has_its_exception() -> None:
    table = (ROOT / "src" / "base" / "status.cc").read_text(encoding="utf-8")
    rows = re.findall(r'\{"([A-Z_]+)", \d+, \d+, "(\w+)"\}', table)
    assert len(rows) == 11
    for code, name in rows:
        exception = getattr(vetor, name)
        assert issubclass(exception, vetor.VetorError) and exception.code == code
    for exception, builtin in [(vetor.InvalidArgument, ValueError), (vetor.NotFound, FileNotFoundError),
                               (vetor.PermissionDenied, PermissionError), (vetor.DeadlineExceeded, TimeoutError),
                               (vetor.Unimplemented, NotImplementedError)]:
        assert issubclass(exception, builtin)


def test_a_model_path_without_its_backend_warns(caplog: pytest.LogCaptureFixture) -> None:
    """Hashing ran instead, and no line said so."""
    with caplog.at_level(logging.WARNING, "vetor"), EmbeddingsService(
            EmbeddingsConfig(onnx_model_path="models/mine", cache_enabled=False)) as service:
        assert service.model_id == "hashing-256"
    assert "models/mine is not used" in caplog.text and 'ai.backend to "onnx"' in caplog.text


@pytest.mark.parametrize("config", [
    EmbeddingsConfig(backend="hashing", onnx_model_path="models/mine"),
    EmbeddingsConfig.from_dict({"ai": {"backend": "hashing", "onnx": {"model_path": "models/mine"}}}),
    pickle.loads(pickle.dumps(EmbeddingsConfig(backend="hashing", onnx_model_path="models/mine"))),
])
def test_hashing_that_was_chosen_beside_a_model_path_does_not_warn(config: EmbeddingsConfig,
                                                                   caplog: pytest.LogCaptureFixture) -> None:
    config.cache_enabled = False
    with caplog.at_level(logging.WARNING, "vetor"), EmbeddingsService(config) as service:
        assert service.active_backend == "hashing"
    assert not caplog.records


def test_a_missing_model_raises_or_falls_back_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(FileNotFoundError, match="nothing-here"):
        EmbeddingsService(EmbeddingsConfig.for_model(tmp_path / "nothing-here", cache_enabled=False))
    config = EmbeddingsConfig(backend="onnx", onnx_enabled=True, onnx_model_path=tmp_path / "nothing-here", cache_enabled=False)
    with caplog.at_level(logging.WARNING, "vetor"), EmbeddingsService(config) as service:
        assert service.active_backend == "hashing" and "nothing-here" in service.fallback_reason
        assert service.metrics["fallback"] is True and service.model_id == "hashing-256"
    assert [r.name for r in caplog.records if r.levelno == logging.WARNING] == ["vetor"]
    assert "nothing-here" in caplog.text


def test_switched_off() -> None:
    with pytest.raises(vetor.FailedPrecondition, match="ai.enabled"):
        EmbeddingsService(EmbeddingsConfig(enabled=False))


def test_the_runtime_is_found_in_its_package_without_importing_it() -> None:
    program = ("import sys, vetor\n"
               f"config = vetor.EmbeddingsConfig.for_model({str(TINY)!r}, cache_enabled=False, onnx_runtime='onnxruntime')\n"
               "s = vetor.EmbeddingsService(config)\n"
               "maps = open('/proc/self/maps').read()\n"
               "print('onnxruntime' in sys.modules, 'onnxruntime/capi/libonnxruntime' in maps, 'torch' in sys.modules)")
    import sys

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "True", "False"]


def test_a_long_text_is_what_the_setting_says(tmp_path: Path) -> None:
    long = "race in Monaco " * 50
    with EmbeddingsService(EmbeddingsConfig.for_model(TINY, cache_dir=tmp_path, onnx_on_long="error")) as service:
        with pytest.raises(vetor.InvalidArgument, match="tokens"):
            service.encode(long)
    with EmbeddingsService(EmbeddingsConfig.for_model(TINY, cache_dir=tmp_path, onnx_on_long="window")) as service:
        assert not service.embed([long]).truncated[0]
