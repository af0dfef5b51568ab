"""Overlapping coverage told once: from a feed to stories."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np

from dedupe.core.hashing import F64
from dedupe.errors import OptionError
from dedupe.stories.building import build_story
from dedupe.stories.clustering import Encoder, cluster_documents, encode_texts
from dedupe.stories.feed import Feed, read_feed, read_span
from dedupe.stories.fusion import fuse
from dedupe.stories.pieces import Pieces, cut_pieces
from dedupe.stories.results import Stories, Story

__all__ = ["merge"]

ERROR_RATE = 0.1
Keep = Literal["longest", "first", "last"] | Callable[[str], float]


def merge(
    docs: object,
    *,
    text: Any = None,
    id: Any = None,
    date: Any = None,
    source: Any = None,
    within: str | timedelta | None = None,
    error_rate: float = ERROR_RATE,
    keep: Keep = "longest",
    encoder: Encoder | None = None,
    on_error: Literal["raise", "skip"] = "raise",
) -> Stories:
    """Tell overlapping coverage once, with every source named and nothing lost.

    Documents that tell the same story are grouped; in each group the fullest account leads, and what only the
    others say is put in where its neighbours stand. Every sentence is verbatim from a source.

    Args:
        docs: A list of texts, a mapping of id to text, (id, text) pairs, records (mappings or objects), or a frame.
        text: The text column of a frame or of records; ``text`` unless said otherwise. Null rows of a frame count as
            empty and are counted in ``stats["null_texts"]``.
        id: Column of the ids; the column ``id`` if there is one. A document without an id goes by its position.
        date: Column of the dates; the column ``date`` if there is one.
        source: Column of the sources' names; the column ``source`` if there is one.
        within: Longest time between two documents of one story: ``"3d"``, ``"12h"``, a timedelta, or None for any.
            Documents without a date fit any time.
        error_rate: Share of the pairs taken for one story that may be there by chance, above 0 and below 1. The
            level of chance is measured on the collection itself; half or twice the default changes next to nothing.
        keep: Whose account leads: ``longest``, ``first``, ``last``, or a function of the text, the highest leads.
        encoder: Takes a list of texts, returns an array of shape (n, n_dims): adds likeness of meaning. Matches
            found by it alone have the verdict ``semantic``.
        on_error: ``skip`` leaves out records with an id, a date or a text that cannot be read, and lists them in
            `.skipped`.

    Returns:
        A list of stories, in order of their first documents; each document is in exactly one, alone if need be.

    Raises:
        InputError: A text is no str, an id or a date cannot be read, or an id is there twice; names the row.
        OptionError: A setting breaks its rule.

    Examples:
        >>> stories = merge(["The mayor opened the new bridge on Friday. It cost $2 million to build.", "Rain."])
        >>> [story.documents for story in stories]
        [(0,), (1,)]
    """
    _check(error_rate, keep, encoder)
    span = read_span(within)
    feed = read_feed(docs, text, on_error=on_error, id=id, date=date, source=source)
    vectors = _vectors(encoder, feed.texts)
    found = cluster_documents(feed.texts, error_rate=error_rate, dates=feed.dates, within=span, vectors=vectors)
    order = _policy_order(feed, keep)
    cut = cut_pieces(feed.texts)
    stories = [_story(feed, cut, members, order, encoder) for members in _members(found.labels)]
    stats = {**found.stats, "stories": len(stories), "skipped": len(feed.skipped)}
    if feed.n_null is not None:
        stats["null_texts"] = feed.n_null
    return Stories(stories, skipped=tuple(feed.skipped.items()), stats=stats)


def _members(labels: Any) -> list[list[int]]:
    order = np.argsort(labels, kind="stable")
    borders = np.flatnonzero(np.diff(labels[order])) + 1
    return [part.tolist() for part in np.split(order, borders)] if order.size else []


def _story(feed: Feed, cut: Pieces, members: list[int], order: list[int], encoder: Encoder | None) -> Story:
    ranked = sorted(members, key=order.__getitem__)
    fusion = fuse(cut, members, ranked, encoder)
    keys = feed.keys
    labels = {keys[i]: feed.sources[i] or str(keys[i]) for i in members}
    return build_story(fusion, feed, members, labels)


def _policy_order(feed: Feed, keep: Keep) -> list[int]:
    """Rank of each document, 0 leads; ties go to the earlier date, then to the content."""
    n = len(feed.texts)
    value: list[float]
    if keep == "longest":
        value = [-float(len(text)) for text in feed.texts]
    elif keep in ("first", "last"):
        sign = 1 if keep == "first" else -1
        value = [sign * (date.timestamp() if date else 0.0) for date in feed.dates]
        if not any(feed.dates):
            value = [float(sign * i) for i in range(n)]
    else:
        assert callable(keep)
        value = [-_number(keep(text), keep) for text in feed.texts]
    ranked = sorted(range(n), key=lambda i: (value[i], _stamp(feed.dates[i]), feed.texts[i]))
    rank = [0] * n
    for place, i in enumerate(ranked):
        rank[i] = place
    return rank


def _stamp(date: datetime | None) -> float:
    return date.timestamp() if date else math.inf


def _number(value: object, keep: object) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or math.isnan(float(value)):
        raise OptionError(f"the keep function {keep!r} must return a number, it returned {value!r}")
    return float(value)


def _check(error_rate: object, keep: object, encoder: object) -> None:
    rule = "error_rate must be a number above 0 and below 1"
    if isinstance(error_rate, bool) or not isinstance(error_rate, numbers.Real) or not 0 < float(error_rate) < 1:
        raise OptionError(f"{rule}, got {error_rate!r}; the default is {ERROR_RATE}")
    if keep not in ("longest", "first", "last") and not callable(keep):
        raise OptionError(f"keep must be 'longest', 'first', 'last' or a function of a text, got {keep!r}")
    if encoder is not None and not callable(encoder):
        raise OptionError(f"encoder must be a callable that takes a list of texts, got {encoder!r}")


def _vectors(encoder: Encoder | None, texts: list[str]) -> F64 | None:
    return None if encoder is None or not texts else encode_texts(encoder, texts)
