"""show_progress=True: a tqdm bar where tqdm is installed, else lines on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Progress = Callable[[int, int], object]

_SECONDS_BETWEEN_LINES = 2.0


class _Lines:
    def __init__(self) -> None:
        self._next = time.monotonic() + _SECONDS_BETWEEN_LINES

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now >= self._next or (done == total and total > 0):
            print(f"vetor: {done:,} of {total:,} texts", file=sys.stderr, flush=True)
            self._next = now + _SECONDS_BETWEEN_LINES


class _Bar:
    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)


@contextmanager
def shown(progress: Progress | None, show: bool) -> Iterator[Progress | None]:
    """What to call with (done, total): the caller's function, a bar, both, or None."""
    if not show:
        yield progress
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        yield _both(_Lines(), progress)
        return
    with tqdm(unit="text") as bar:
        yield _both(_Bar(bar), progress)


def _both(first: Progress, second: Progress | None) -> Progress:
    if second is None:
        return first

    def call(done: int, total: int) -> None:
        first(done, total)
        second(done, total)

    return call
