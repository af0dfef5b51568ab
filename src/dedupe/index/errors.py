"""The two errors of an index that a caller would catch alone."""

from __future__ import annotations

from dedupe.errors import DedupeError

__all__ = ["IndexDamaged", "IndexLocked"]


class IndexDamaged(DedupeError):
    """A file of an index is missing, cut short or changed; `repair` keeps what is whole."""


class IndexLocked(DedupeError):
    """Another writer did not finish within the timeout; nothing was changed."""
