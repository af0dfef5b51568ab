"""Which documents of a collection tell the same story."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64, U64, distinct, offsets_of
from dedupe.core.text.batch import encode
from dedupe.core.text.tokens import words
from dedupe.errors import InputError
from dedupe.stories.coverage import chance
from dedupe.stories.coverage.background import is_common
from dedupe.stories.coverage.clusters import COHESION, COPIES, cluster
from dedupe.stories.coverage.scores import (
    candidates,
    dense_scores,
    expected_chance,
    languages,
    pair_scores,
    sample_scores,
)
from dedupe.stories.coverage.terms import Terms, weighted_terms

Encoder = Callable[[list[str]], Any]
_SEED = 1
_PIECE = 1 << 22  # characters whose words are cut at a time


class Clustering(NamedTuple):
    """Documents in clusters, one for each story.

    Attributes:
        labels: Array of shape (n_docs,), int64: the first document, in input order, of each one's story.
        stats: Chance level and cut for the report.
    """

    labels: I64
    stats: dict[str, Any]


def cluster_documents(
    texts: Sequence[str],
    *,
    error_rate: float,
    dates: Sequence[datetime | None] | None = None,
    within: timedelta | None = None,
    vectors: F64 | None = None,
) -> Clustering:
    """Cluster documents by coverage.

    Args:
        texts: The texts.
        error_rate: Share of the pairs above the cut that may be there by chance.
        dates: Date of each, or None.
        within: Longest time between two documents of one story.
        vectors: Array of shape (n_docs, n_dims), float64, unit length: embeddings, or None.

    Returns:
        The clusters; the same in any input order.
    """
    order = _canonical_order(texts)
    if len(texts) < 2:
        return Clustering(np.arange(len(texts)), {"documents": len(texts)})
    times = _times(dates, within, order)
    clustering = _cluster([texts[i] for i in order], error_rate, times, None if vectors is None else vectors[order])
    labels = np.empty(len(texts), np.int64)
    members = np.asarray(order)
    first = np.full(len(texts), len(texts), np.int64)
    np.minimum.at(first, clustering.labels, members)
    labels[members] = first[clustering.labels]
    return Clustering(labels, clustering.stats)


def _canonical_order(texts: Sequence[str]) -> list[int]:
    """Order by content, so that nothing depends on the input order; equal texts are interchangeable."""
    digests = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
    return sorted(range(len(texts)), key=digests.__getitem__)


def _times(dates: Sequence[datetime | None] | None, within: timedelta | None, order: list[int]) -> F64 | None:
    """Times in units of the window, NaN where unknown."""
    if dates is None or within is None:
        return None
    span = within.total_seconds()
    known = [dates[i] for i in order]
    return np.array([np.nan if one is None else one.timestamp() / span for one in known])


class _Levels(NamedTuple):
    """Turns scores of pairs into levels above chance."""

    terms: Terms
    language: I64
    chances: list[chance.Chance]
    times: F64 | None
    vectors: F64 | None
    meaning: chance.Chance | None

    def of(self, left: I64, right: I64, score: F64) -> F64:
        """Levels of pairs, arrays of shape (n_pairs,); -inf for pairs too far apart in time."""
        level = np.zeros(score.shape)
        for number, one in enumerate(self.chances):
            mine = (self.language[left] == number) & (self.language[right] == number)
            level = np.where(mine, one.levels(score), level)
        if self.vectors is not None and self.meaning is not None:
            alike = np.einsum("...i,...i->...", self.vectors[left], self.vectors[right])
            level = np.maximum(level, (alike - self.meaning.center) / self.meaning.spread)
        if self.times is not None:
            apart = np.abs(self.times[left] - self.times[right]) > 1.0 + 1e-9
            level = np.where(apart, -np.inf, level)
        return level

    def dense(self, docs: I64) -> F64:
        """Levels between all pairs of some documents."""
        left, right = np.broadcast_arrays(docs[:, None], docs[None, :])
        return self.of(left, right, dense_scores(self.terms, docs))


def _cluster(texts: list[str], error_rate: float, times: F64 | None, vectors: F64 | None) -> Clustering:
    hashes, offsets = _words(texts)
    terms = weighted_terms(hashes, offsets, is_common(hashes))
    language = languages(terms)
    chances = []
    n_pairs = 0.0
    for number in range(int(language.max()) + 1):
        docs = np.flatnonzero(language == number)
        n_pairs += docs.size * (docs.size - 1) / 2
        prior = expected_chance(hashes, offsets, docs)
        chances.append(chance.measured(sample_scores(terms, docs, _SEED), docs.size, prior))
    meaning = None if vectors is None else _chance_of_meaning(vectors)
    levels = _Levels(terms, language, chances, times, vectors, meaning)
    left, right = _pairs(terms, vectors)
    level = levels.of(left, right, pair_scores(terms, left, right))
    limit = chance.cut(level[np.isfinite(level)], n_pairs if vectors is None else len(texts) ** 2 / 2, error_rate)
    spread = float(np.median([one.spread for one in chances]))
    copies = float(max(one.levels(np.array(COPIES)) for one in chances))
    labels = cluster(len(texts), left, right, level, limit, float(np.log(COHESION)) / spread, copies, levels.dense)
    stats = {
        "documents": len(texts),
        "pairs_scored": int(left.size),
        "languages": len(chances),
        "chance_center": [round(float(one.center), 4) for one in chances],
        "chance_spread": [round(float(one.spread), 4) for one in chances],
        "cut_level": round(limit, 4) if np.isfinite(limit) else None,
    }
    return Clustering(labels, stats)


def _words(texts: list[str]) -> tuple[U64, I64]:
    """Hash the words of all texts, a few megabytes at a time; the hashes and where each text's begin."""
    hashes, counts = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    sizes = np.cumsum([len(text) for text in texts])
    borders = np.searchsorted(sizes, np.arange(_PIECE, int(sizes[-1]) + _PIECE, _PIECE))
    ends = np.unique(np.append(np.minimum(borders + 1, len(texts)), len(texts))).tolist()
    for first, last in pairwise([0, *ends]):
        batch = encode(texts[first:last])
        found = words(batch.buffer, batch.offsets[:-1], batch.offsets[1:])
        hashes.append(found.hashes)
        counts.append(np.diff(found.offsets))
    return np.concatenate(hashes), offsets_of(np.concatenate(counts))


def _pairs(terms: Terms, vectors: F64 | None) -> tuple[I64, I64]:
    left, right = candidates(terms)
    if vectors is None:
        return left, right
    n = len(vectors)
    keys = [left * n + right]
    for at in range(0, n, 1000):
        alike = vectors[at : at + 1000] @ vectors.T
        alike[np.arange(len(alike)), np.arange(at, at + len(alike))] = -np.inf
        near = np.argpartition(-alike, min(16, n - 1), axis=1)[:, :16]
        one, other = np.repeat(np.arange(at, at + len(alike)), near.shape[1]), near.ravel()
        proper = one != other
        keys.append((np.minimum(one, other) * n + np.maximum(one, other))[proper])
    both = distinct(np.concatenate(keys))
    return both // n, both % n


def _chance_of_meaning(vectors: F64) -> chance.Chance:
    """Center and spread of the cosine of random pairs; the spread has a floor for tiny collections."""
    random = np.random.default_rng(_SEED)
    n = len(vectors)
    left = random.integers(0, n, 20_000)
    right = (left + random.integers(1, n, 20_000)) % n
    alike = np.einsum("ij,ij->i", vectors[left], vectors[right])
    center = float(np.median(alike)) if n >= 20 else min(float(np.median(alike)), 0.3)
    return chance.Chance(center, max(0.1, 1.4826 * float(np.median(np.abs(alike - center)))))


def encode_texts(encoder: Encoder, texts: list[str]) -> F64:
    """Call an encoder and bring its vectors to unit length.

    Raises:
        InputError: It returned something other than a finite array of shape (n_texts, n_dims).
    """
    vectors = np.asarray(encoder(texts), np.float64)
    if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
        raise InputError(
            f"encoder must return a finite array of shape ({len(texts)}, n_dims), got shape {vectors.shape}"
        )
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: F64 = vectors / np.maximum(lengths, 1e-12)
    return result
