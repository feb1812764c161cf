"""One exception class for each status code of the library. The names are those of its table (src/base/status.cc)."""

from __future__ import annotations


class VetorError(Exception):
    """Base of all errors of vetor. The message says what failed, where, what was expected and what to do."""

    code: str = "UNKNOWN"
    exit_code: int = 1
    """The command's exit code: 2 if its user can correct the call or the settings, else 1."""


class Cancelled(VetorError):
    """The caller stopped the call."""

    code = "CANCELLED"


class InvalidArgument(VetorError, ValueError):
    """The input is wrong whatever the state: a setting, a text, a file's content."""

    code = "INVALID_ARGUMENT"
    exit_code = 2


class DeadlineExceeded(VetorError, TimeoutError):
    """The call's timeout passed before the work was done."""

    code = "DEADLINE_EXCEEDED"


class NotFound(VetorError, FileNotFoundError):
    """A file, model, field or provider is not there."""

    code = "NOT_FOUND"
    exit_code = 2


class PermissionDenied(VetorError, PermissionError):
    """It is there, but this user may not read or write it."""

    code = "PERMISSION_DENIED"
    exit_code = 2


class ResourceExhausted(VetorError):
    """A bound was reached: pairs, queue, disk, memory."""

    code = "RESOURCE_EXHAUSTED"


class FailedPrecondition(VetorError, RuntimeError):
    """The wrong state: the service is closed, switched off, or was opened before a fork."""

    code = "FAILED_PRECONDITION"


class Unavailable(VetorError, RuntimeError):
    """A part is not available now but may be later: the runtime library, a provider."""

    code = "UNAVAILABLE"


class Unimplemented(VetorError, NotImplementedError):
    """A well-formed request that vetor cannot serve, such as an unknown tokenizer component."""

    code = "UNIMPLEMENTED"
    exit_code = 2


class DataLoss(VetorError):
    """Stored data is damaged, such as a truncated model."""

    code = "DATA_LOSS"


class Internal(VetorError, RuntimeError):
    """A bug in vetor or in a library below it."""

    code = "INTERNAL"
