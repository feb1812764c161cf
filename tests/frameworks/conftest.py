"""The model of these tests, and nothing of the machine's own settings or cache."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

TINY = Path(__file__).resolve().parent.parent / "data" / "model" / "tiny-bert"
DIM = 32

# Nobody is told that these tests run.
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="vetor-frameworks-")
for name in [name for name in os.environ if name.startswith("VETOR_")]:
    del os.environ[name]


@pytest.fixture
def model() -> str:
    """A model folder with prompts of its own for queries and for documents."""
    return str(TINY)
