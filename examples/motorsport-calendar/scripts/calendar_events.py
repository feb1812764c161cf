"""The events of the calendar, and the services that the reports compare."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

EXAMPLE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(EXAMPLE))

from src.ai import EmbeddingsConfig, EmbeddingsService  # noqa: E402  (the application's package, from its folder)

__all__ = ["DATA", "EmbeddingsConfig", "EmbeddingsService", "Event", "open_services", "read_ai_settings", "read_events"]
DATA = EXAMPLE / "data" / "events.jsonl"
Event = Dict[str, Any]


def read_events(path: "os.PathLike[str] | str" = DATA, every: int = 1) -> List[Event]:
    """The events, or each `every`-th race weekend of them, whole."""
    events = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    kept = set(sorted({event["weekend"] for event in events})[::every])
    return [event for event in events if event["weekend"] in kept]


def read_ai_settings() -> Dict[str, Any]:
    """Section `ai` of the application's config.json."""
    settings: Dict[str, Any] = json.loads((EXAMPLE / "config.json").read_text(encoding="utf-8"))["ai"]
    return settings


def open_services(models: List[str], cache_dir: str, prompt_name: Optional[str] = None) -> Iterator[Tuple[str, EmbeddingsService]]:
    """(name, service): hashing, then each model folder, with its prompt of that name; each is closed before the next. A
    model that does not start ends the report."""
    settings = read_ai_settings()
    hashing = EmbeddingsService(EmbeddingsConfig(dim=settings["dim"], cache_dir=cache_dir))
    yield "hashing", hashing
    hashing.close()
    for model in models:
        service = EmbeddingsService(EmbeddingsConfig(onnx_enabled=True, onnx_model_path=model, cache_dir=cache_dir,
                                                     onnx_prompt_name=prompt_name,
                                                     onnx_providers=settings["onnx"]["providers"]))
        if service.backend != "onnx":
            raise SystemExit(f"{model} did not start; the warning above says why")
        yield Path(model).name, service
        service.close()
