"""Services and folders that the tests share. The package under test is the installed one, never the source folder."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from vetor import EmbeddingsConfig, EmbeddingsService

ROOT = Path(__file__).resolve().parent.parent.parent
TINY = ROOT / "tests" / "data" / "model" / "tiny-bert"
MINILM = ROOT / "models" / "all-MiniLM-L6-v2"
EXAMPLE = ROOT / "examples" / "motorsport-calendar"

sys.path.insert(0, str(EXAMPLE))
sys.path.insert(0, str(EXAMPLE / "scripts"))

# Services without a cache folder use the user's own, which must not be that of the person who runs the tests.
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="vetor-tests-")

# The tests' own settings, whatever the machine's are.
for name in [name for name in os.environ if name.startswith("VETOR_")]:
    del os.environ[name]


@pytest.fixture
def hashing(tmp_path: Path) -> Iterator[EmbeddingsService]:
    with EmbeddingsService(EmbeddingsConfig(cache_dir=tmp_path / "cache")) as service:
        yield service


# What holds whatever runs the model is tested on vetor's own kernels (tiny-bert's checkpoint) and on ONNX Runtime (its graph).
@pytest.fixture(params=["native", "onnxruntime"])
def runtime(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def tiny(runtime: str, tmp_path: Path) -> Iterator[EmbeddingsService]:
    config = EmbeddingsConfig.for_model(TINY, onnx_runtime=runtime, cache_dir=tmp_path / "cache")
    with EmbeddingsService(config) as service:
        assert service.active_runtime.startswith(runtime)
        yield service


@pytest.fixture(scope="session")
def minilm() -> Path:
    if not (MINILM / "model.onnx").is_file():
        pytest.skip("all-MiniLM-L6-v2 is not here: tools/fetch.py minilm")
    return MINILM
