"""The errors of the library: one tree, each message with the value, the rule and the way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "DedupeError",
    "FrameworkMissing",
    "IndexDamaged",
    "IndexLocked",
    "InputError",
    "LossError",
    "OptionError",
    "WorkerError",
]


class DedupeError(Exception):
    """The root of every error that this library raises on purpose."""


class OptionError(DedupeError, ValueError):
    """An option has a value that its rule does not allow."""


class InputError(DedupeError, TypeError, ValueError):
    """A text, or a collection of texts, is not what the call can take."""


class LossError(DedupeError):
    """More text would go than the run allows; nothing was written."""


class IndexDamaged(DedupeError):
    """A file of an index is missing, cut short or changed; `repair` keeps what is whole."""


class IndexLocked(DedupeError):
    """Another writer did not finish within the timeout; nothing was changed."""


class WorkerError(DedupeError):
    """The workers cannot run the kernels."""


class FrameworkMissing(DedupeError, ImportError):
    """A framework is not installed, or too old."""


def nearest(value: object, allowed: Iterable[str]) -> str:
    """Say which allowed name is meant, for the end of an error message.

    Returns:
        ``"; did you mean 'longest'?"``, or an empty string when no name is near.
    """
    found = difflib.get_close_matches(str(value), list(allowed), n=1, cutoff=0.5)
    return f"; did you mean {found[0]!r}?" if found else ""


def needs(extra: str, package: str, what: str) -> DedupeError:
    """The error for something whose library is not installed."""
    return DedupeError(f"{what} needs {package}; pip install 'dedupe-text[{extra}]'")
