"""Gives these tests their model and keeps the machine's own settings and cache away."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

TINY = Path(__file__).resolve().parent.parent / "data" / "model" / "tiny-bert"
DIM = 32

# The frameworks send no telemetry about these tests.
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="vetor-frameworks-")
for name in [name for name in os.environ if name.startswith("VETOR_")]:
    del os.environ[name]


@pytest.fixture
def model() -> str:
    """A model folder with prompts of its own for queries and for documents."""
    return str(TINY)
