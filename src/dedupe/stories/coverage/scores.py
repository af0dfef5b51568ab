"""Which documents may tell the same story: their likeness, and the likeness of random ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from dedupe.core.hashing import F64, I64, U64, distinct, offsets_of, ranges
from dedupe.stories.coverage import chance
from dedupe.stories.coverage.terms import Terms

NEIGHBOURS = 48  # candidates that are scored for each document
DENSE_DOCS = 1200  # up to here every pair is scored
_POSTINGS_PER_DOC = 6_000  # pairs of postings looked at per document, rarest terms first
_SAMPLE = 20_000  # random pairs that the chance level is measured on
_PAIRS_AT_ONCE = 4_000
LIKE = 0.10  # share of the words of the shorter document from which two documents are of one language
_MOST_LANGUAGES = 30
_ENOUGH_WORDS = 300
_DOCS_AT_ONCE = 250


def pair_scores(terms: Terms, left: I64, right: I64) -> F64:
    """Score pairs: the geometric mean of cosine and containment of their weighted terms.

    With s the sum of products of shared weights and p <= q the two sums of squares: s / (p**0.75 * q**0.25).
    The cosine alone is hard on a short report beside a long one, containment alone takes any short text for
    part of any long one.
    """
    n_docs = terms.norms.size
    if n_docs <= DENSE_DOCS and left.size > n_docs:
        every: F64 = dense_scores(terms, np.arange(n_docs))[left, right]
        return every
    result = np.zeros(left.size)
    for at in range(0, left.size, _PAIRS_AT_ONCE):
        part = slice(at, at + _PAIRS_AT_ONCE)
        shared = terms.matrix[left[part]].multiply(terms.matrix[right[part]]).sum(axis=1)
        result[part] = np.asarray(shared, np.float64).ravel()
    return _scaled(result, terms.norms[left], terms.norms[right])


def dense_scores(terms: Terms, docs: I64) -> F64:
    """Score all pairs of some documents; array of shape (n, n), the diagonal without meaning."""
    rows = terms.matrix[docs]
    norms = terms.norms[docs]
    return _scaled((rows @ rows.T).toarray().astype(np.float64), norms[:, None], norms[None, :])


def _scaled(shared: F64, one: F64, other: F64) -> F64:
    low, high = np.minimum(one, other), np.maximum(one, other)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = shared / (low**0.75 * high**0.25)
    return np.where(low > 0, score, 0.0)


def candidates(terms: Terms) -> tuple[I64, I64]:
    """Pairs of documents worth scoring: for each, the NEIGHBOURS that share most weight of rare terms.

    The rarest terms come first, until they make _POSTINGS_PER_DOC pairs of postings per document; so the work
    grows with the number of documents, not its square. Up to DENSE_DOCS documents: all pairs.

    Returns:
        Two arrays of shape (n_pairs,), int64, left below right, each pair once.
    """
    n_docs = terms.norms.size
    if n_docs <= DENSE_DOCS:
        left, right = np.triu_indices(n_docs, 1)
        return left.astype(np.int64), right.astype(np.int64)
    order = np.argsort(terms.counts, kind="stable")
    cost = np.cumsum(terms.counts[order].astype(np.float64) ** 2)
    rare = np.sort(order[: np.searchsorted(cost, _POSTINGS_PER_DOC * n_docs)])
    rows = terms.matrix[:, rare].tocsr()
    columns = rows.T.tocsr()
    found = [
        _nearest(rows[at : at + _DOCS_AT_ONCE] @ columns, at, terms.norms) for at in range(0, n_docs, _DOCS_AT_ONCE)
    ]
    keys = distinct(np.concatenate(found))
    return keys // n_docs, keys % n_docs


def _nearest(product: Any, first: int, norms: F64) -> I64:
    """Keys of the best pairs in some rows of the product of rare terms."""
    n_docs = norms.size
    product = product.tocsr()
    row = np.repeat(np.arange(product.shape[0]), np.diff(product.indptr))
    one, other = row + first, product.indices.astype(np.int64)
    score = _scaled(product.data.astype(np.float64), norms[one], norms[other])
    proper = one != other
    score = np.where(proper, score, 0.0)
    proper &= score >= _worth_sorting(row, score, product.shape[0])
    row, one, other, score = row[proper], one[proper], other[proper], score[proper]
    order = np.lexsort((other, -score, row))
    row = row[order]
    begins = np.searchsorted(row, np.arange(product.shape[0]))
    chosen = order[np.arange(row.size) - begins[row] < NEIGHBOURS]
    low, high = np.minimum(one[chosen], other[chosen]), np.maximum(one[chosen], other[chosen])
    return distinct(low * n_docs + high)


def _worth_sorting(row: I64, score: F64, n_rows: int) -> F64:
    """Lowest score of each entry's row that may be among its best: most entries are far below and need no sort."""
    best = np.zeros(n_rows)
    np.maximum.at(best, row, score)
    n_kept = 2 * NEIGHBOURS * n_rows
    high = float(np.partition(score, score.size - n_kept)[score.size - n_kept]) if score.size > n_kept else 0.0
    result: F64 = np.minimum(high, 0.2 * best)[row]
    return result


def sample_scores(terms: Terms, docs: I64, seed: int) -> F64:
    """Score random pairs of some documents, or all when they are few."""
    n = docs.size
    if n * (n - 1) // 2 <= _SAMPLE:
        left, right = np.triu_indices(n, 1)
    else:
        random = np.random.default_rng(seed)
        left = random.integers(0, n, _SAMPLE)
        right = (left + random.integers(1, n, _SAMPLE)) % n
    return pair_scores(terms, docs[left], docs[right])


def languages(terms: Terms) -> I64:
    """Group documents that use the same common words, so that chance is measured inside one language.

    The first document leads; all that share LIKE of the words of the shorter one with it join; then the next
    that is left leads. Two documents of one language share 20 % or more, of two languages under 5 %.

    Returns:
        Array of shape (n_docs,), int64: number of the group.
    """
    single = terms.matrix[:, np.flatnonzero(terms.widths == 1)]
    single = single.tocsr().astype(np.bool_).astype(np.float32)
    sizes = np.asarray(single.sum(axis=1)).ravel()
    group = np.full(sizes.size, -1, np.int64)
    for number in range(_MOST_LANGUAGES):
        left = np.flatnonzero(group < 0)
        if left.size == 0:
            break
        leader = left[np.argmax(np.minimum(sizes[left], _ENOUGH_WORDS))]
        shared = np.asarray((single[left] @ single[leader].T).todense()).ravel()
        joins = shared >= LIKE * np.minimum(sizes[left], sizes[leader])
        group[left[joins]] = number
        group[leader] = number
    group[group < 0] = _MOST_LANGUAGES
    return group


def expected_chance(hashes: U64, offsets: I64, docs: I64) -> chance.Chance:
    """The chance level expected for some documents, from at most 400 of them."""
    some = docs[:: max(1, docs.size // 400)]
    counts = offsets[some + 1] - offsets[some]
    guess = chance.expected(hashes[ranges(offsets[some], counts)], offsets_of(counts))
    shift = chance.PER_DOCUMENT * (np.log(max(2, docs.size)) - np.log(max(2, some.size)))
    return chance.Chance(guess.center + float(shift), guess.spread)
