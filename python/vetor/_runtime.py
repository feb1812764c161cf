"""Finds ONNX Runtime in the installed `onnxruntime` (or `onnxruntime-gpu`) package, which is never imported."""

from __future__ import annotations

import functools
import importlib.util
import os
from pathlib import Path


@functools.lru_cache(maxsize=1)
def packaged_library() -> str:
    """The path of the package's libonnxruntime, or "" if there is none. Importing the package would cost 0.1 s."""
    try:
        spec = importlib.util.find_spec("onnxruntime")
    except (ImportError, ValueError):
        return ""
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for pattern in ("libonnxruntime.so*", "libonnxruntime*.dylib", "onnxruntime.dll"):
            libraries = sorted(Path(folder, "capi").glob(pattern))
            if libraries:
                return str(libraries[0])
    return ""


def default_library() -> str:
    """The packaged library; "" if VETOR_ONNXRUNTIME names another, or if only vetor's own search is left."""
    return "" if os.environ.get("VETOR_ONNXRUNTIME") else packaged_library()
