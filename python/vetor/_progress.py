"""show_progress=True: a tqdm bar if tqdm is installed, else lines on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Progress = Callable[[int, int], object]
StepProgress = Callable[[str, float], object]

_A = TypeVar("_A")
_B = TypeVar("_B")

_SECONDS_BETWEEN_LINES = 2.0


class _Lines:
    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._next = time.monotonic() + _SECONDS_BETWEEN_LINES

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now >= self._next or (done == total and total > 0):
            print(f"vetor: {done:,} of {total:,} {self._unit}", file=sys.stderr, flush=True)
            self._next = now + _SECONDS_BETWEEN_LINES


class _Bar:
    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)


@contextmanager
def shown(progress: Progress | None, show: bool, unit: str = "text") -> Iterator[Progress | None]:
    """The function to call with (done, total): the caller's, a bar, both, or None."""
    if not show:
        yield progress
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        yield _both(_Lines("bytes" if unit == "B" else f"{unit}s"), progress)
        return
    with tqdm(unit=unit, unit_scale=unit == "B") as bar:
        yield _both(_Bar(bar), progress)


class _StepLines:
    def __init__(self, what: str) -> None:
        self._what = what
        self._step = ""

    def __call__(self, step: str, fraction: float) -> None:
        if step != self._step:
            print(f"vetor: {self._what}: {step}, {fraction:.0%}", file=sys.stderr, flush=True)
            self._step = step


class _StepBar:
    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def __call__(self, step: str, fraction: float) -> None:
        self._bar.set_description_str(step, refresh=False)
        self._bar.update(round(100 * fraction) - self._bar.n)
        self._bar.refresh()


@contextmanager
def shown_steps(progress: StepProgress | None, show: bool, what: str) -> Iterator[StepProgress | None]:
    """The same for work that names its steps: the function to call with (step, fraction of the whole)."""
    if not show:
        yield progress
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        yield _both(_StepLines(what), progress)
        return
    with tqdm(total=100, unit="%", bar_format="{percentage:3.0f}%|{bar}| {desc} [{elapsed}]") as bar:
        yield _both(_StepBar(bar), progress)


def _both(first: Callable[[_A, _B], object], second: Callable[[_A, _B], object] | None) -> Callable[[_A, _B], object]:
    if second is None:
        return first

    def call(a: _A, b: _B) -> None:
        first(a, b)
        second(a, b)

    return call
