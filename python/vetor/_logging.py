"""The library's log lines go to logging.getLogger("vetor"), from import until the interpreter ends."""

from __future__ import annotations

import atexit
import logging

from vetor import _native

logger = logging.getLogger("vetor")


def _emit(level: int, message: str) -> None:
    logger.log(level, "%s", message)


def attach() -> None:
    _native.attach_log(_emit)
    atexit.register(_native.detach_log)
