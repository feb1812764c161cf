"""The library's log lines go to logging.getLogger("vetor"), from import until the interpreter ends."""

from __future__ import annotations

import atexit
import logging

from vetor import _native

logger = logging.getLogger("vetor")


def _emit(level: int, message: str) -> None:
    logger.log(level, "%s", message)


_native.attach_log(_emit)
# Registered before vetor._service's, so it runs after it: closing services may log.
atexit.register(_native.detach_log)
