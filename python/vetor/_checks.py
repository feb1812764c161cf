"""Checks the types of a caller's arguments before the extension sees them, whose own messages name neither the keyword nor the
expected type."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from vetor import _native
from vetor._errors import InvalidArgument

_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST = 2**31 - 1


def wrong(name: str, value: object, expected: str) -> TypeError:
    """The error to raise for a value of another type."""
    found = "None" if value is None else type(value).__name__
    return TypeError(f"{name} is {found}; expected {expected}")


def text(name: str, value: object, expected: str = "str") -> str:
    """A str that is UTF-8. Raises TypeError, and InvalidArgument for a lone surrogate."""
    if not isinstance(value, str):
        raise wrong(name, value, expected)
    surrogate = _SURROGATE.search(value)
    if surrogate is not None:
        raise InvalidArgument(f"{name} has a lone surrogate, {ascii(surrogate.group())[1:-1]}, half of a character, at its "
                              f"character {surrogate.start()}; expected text without lone surrogates")
    return value


def optional_text(name: str, value: object) -> str | None:
    """As text(), or None."""
    return None if value is None else text(name, value, "str or None")


def texts(name: str, values: object) -> list[str]:
    """A list of str from any iterable of str except a str itself."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise wrong(name, values, "a list of str")
    return [text(f"{name}[{i}]", value) for i, value in enumerate(values)]


def names(name: str, values: object) -> list[str]:
    """As texts(), but a single name may be given as a str."""
    return [text(name, values)] if isinstance(values, str) else texts(name, values)


def flag(name: str, value: object, expected: str = "bool") -> bool:
    """True or False, also numpy's."""
    if not isinstance(value, (bool, np.bool_)):
        raise wrong(name, value, expected)
    return bool(value)


def whole(name: str, value: object, least: int = -_MOST, most: int = _MOST) -> int:
    """A whole number, also numpy's. Raises InvalidArgument for a number out of bounds."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, SupportsIndex):
        raise wrong(name, value, "int")
    try:
        number = value.__index__()
    except TypeError:  # An array of numpy has the method, but it raises.
        raise wrong(name, value, "int") from None
    if not least <= number <= most:
        bound = f"at least {least}" if number < least else f"at most {most}"
        raise InvalidArgument(f"{name} is {number}; expected {bound}")
    return number


def id_lists(name: str, values: object) -> list[NDArray[np.int64]]:
    """One array of whole numbers per list. Raises InvalidArgument for a number that no int64 holds."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise wrong(name, values, "a list of lists of int")
    lists = []
    for i, value in enumerate(values):
        spelled = f"{name}[{i}]"
        if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
            raise wrong(spelled, value, "a list of int")
        if not isinstance(value, np.ndarray):
            value = np.array([whole(f"{spelled}[{j}]", id, -2**63, 2**63 - 1) for j, id in enumerate(value)], dtype=np.int64)
        if value.ndim != 1 or not np.issubdtype(value.dtype, np.integer):
            raise TypeError(f"{spelled} is an array of {value.dtype} with shape {value.shape}; "
                            "expected integers in one dimension")
        if value.dtype == np.uint64 and value.size > 0:
            whole(f"max({spelled})", int(value.max()), 0, 2**63 - 1)
        lists.append(np.ascontiguousarray(value, dtype=np.int64))
    return lists


def number(name: str, value: object, expected: str = "a number") -> float:
    """A number, also numpy's."""
    if isinstance(value, (bool, np.bool_, str, bytes, np.ndarray)) or not isinstance(value, (SupportsFloat, SupportsIndex)):
        raise wrong(name, value, expected)
    try:
        return float(value)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        raise wrong(name, value, expected) from None


def way_to_tell(progress: object, show_progress: object, takes: str) -> None:
    """Checks the keywords `progress` and `show_progress`."""
    if progress is not None and not callable(progress):
        raise wrong("progress", progress, f"a function of {takes} or None")
    flag("show_progress", show_progress)


def path_of(name: str, value: object) -> str:
    """A path in the form that the extension takes."""
    if not isinstance(value, (str, os.PathLike)):
        raise wrong(name, value, "str or os.PathLike")
    spelled = os.fspath(value)
    return text(name, spelled, "a path of str")


def optional_seconds(name: str, value: object) -> float | None:
    """A number of seconds, or None."""
    return None if value is None else number(name, value, "seconds as a number, or None")


# Written by `make settings`: begin.
_CALL_OPTIONS: dict[str, Callable[[str, object], object]] = {
    "prompt_name": optional_text,
    "prompt": optional_text,
    "on_long": optional_text,
    "truncation_side": optional_text,
    "replace_invalid_utf8": flag,
    "use_cache": flag,
    "when_full": text,
    "timeout": optional_seconds,
}
# Written by `make settings`: end.


def call_options(**given: Any) -> _native.CallOptions:
    """The keywords of EmbeddingsService.embed except `progress`, which is set later."""
    replaces = flag("replace_invalid_utf8", given["replace_invalid_utf8"])
    if replaces and isinstance(given["prompt"], str):  # As the library does in a text.
        given["prompt"] = given["prompt"].encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    options = _native.CallOptions()
    for name, check in _CALL_OPTIONS.items():
        setattr(options, name, check(name, given[name]))
    way_to_tell(given["progress"], given["show_progress"], "(done, total)")
    return options
