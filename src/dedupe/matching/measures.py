"""How alike candidate blocks are, by each measure: the pairs that reach the threshold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dedupe.core import pairs
from dedupe.core.clustering import linkage
from dedupe.core.clustering.needed import measure_needed
from dedupe.core.clustering.survivors import walk_matches
from dedupe.core.hashing import F64, I64, U8, U64, fmix64
from dedupe.core.measures import grams, weighted
from dedupe.core.measures.contained import contained_pairs
from dedupe.core.measures.ratio import folded_texts, ratios
from dedupe.core.measures.similarity import dense, intersections, pair_similarities, ranked
from dedupe.core.pairs import Buckets
from dedupe.core.shingles import Shingles, sets
from dedupe.core.sketch import count_words, shingle_sets
from dedupe.matching.comparable import Comparable, Spans
from dedupe.matching.deciding import NO_VARIANTS, Links, decide_next, judged
from dedupe.matching.recipe import Recipe
from dedupe.options import Options


class Heads(NamedTuple):
    """The blocks that stand for their groups, in policy order.

    Attributes:
        buffer: Array of shape (n_bytes,), uint8, the text.
        starts: Array of shape (n_heads,), int64, bytes.
        ends: Array of shape (n_heads,), int64, bytes.
        keys: Array of shape (n_blocks, n_bands), uint64, of all blocks.
        rows: Array of shape (n_heads,), int64: the rows of the heads in `keys`.
        scope: Array of shape (n_heads,), uint64, or None.
        n_fixed: The first `n_fixed` stay and are not compared with each other.
    """

    buffer: U8
    starts: I64
    ends: I64
    keys: U64
    rows: I64
    scope: U64 | None
    n_fixed: int

    def texts(self, numbers: I64 | slice, recipe: Recipe) -> Comparable:
        """What some of the blocks are compared by."""
        return Comparable.of(Spans(self.buffer, self.starts[numbers], self.ends[numbers]), recipe)


class Measured(NamedTuple):
    """What was compared.

    Attributes:
        near: Array of shape (n_near,), int64: heads that had a candidate; pairs number into it.
        left: Array of shape (n_pairs,), int64: the preferred block of each pair, left < right.
        right: Array of shape (n_pairs,), int64.
        similarity: Array of shape (n_pairs,), float64.
        again: Measures any pairs of `near`; None where no linkage asks for them.
    """

    near: I64
    left: I64
    right: I64
    similarity: F64
    again: Callable[[I64, I64], F64] | None = None


class Resolved(NamedTuple):
    """The heads that go, and the matching pairs.

    Attributes:
        links: The heads that go.
        left: Array of shape (n_pairs,), int64, heads.
        right: Array of shape (n_pairs,), int64, heads.
        score: Array of shape (n_pairs,), float64.
    """

    links: Links
    left: I64
    right: I64
    score: F64


def resolve(heads: Heads, recipe: Recipe, stats: dict[str, Any]) -> Resolved:
    """Compare the heads and choose their survivors; counts go into `stats`.

    Jaccard with the linkage ``survivor`` walks the buckets and compares with leaders alone;
    everything else measures all candidate pairs first.
    """
    options = recipe.options
    if options.measure == "jaccard" and options.linkage == "survivor":
        return _walked(heads, recipe, stats)
    measured = _MEASURES[options.measure](heads, recipe, stats)
    near = measured.near
    left, right, score = _matches(measured, heads.n_fixed, options.threshold)
    survivor, similarity = _linked(measured, left, right, score, options)
    gone = np.flatnonzero(survivor != np.arange(near.size))
    links = Links(near[gone], near[survivor[gone]], similarity[gone], measured.left.size, 0, NO_VARIANTS)
    return Resolved(links, near[left], near[right], score)


def _walked(heads: Heads, recipe: Recipe, stats: dict[str, Any]) -> Resolved:
    options = recipe.options
    near, found = _candidates(heads, stats)
    texts, n_known = heads.texts(near, recipe), int((near < heads.n_fixed).sum())
    links = decide_next(near[:n_known], near[n_known:], found, texts, recipe)
    stats.update(compared=links.n_compared, capped=links.n_capped, leaders_per_bucket=recipe.leaders)
    if options.pairs == "survivors":
        return Resolved(links, links.survivor, links.block, links.similarity)
    left, right, score = _matches(_all_jaccard(near, found, texts, recipe, stats), heads.n_fixed, options.threshold)
    return Resolved(links, near[left], near[right], score)


def _matches(measured: Measured, n_fixed: int, threshold: float) -> tuple[I64, I64, F64]:
    """The pairs that reach the threshold, less those in which a fixed head would go."""
    passed = (measured.similarity >= threshold) & (measured.near[measured.right] >= n_fixed)
    return measured.left[passed], measured.right[passed], measured.similarity[passed]


def _linked(measured: Measured, left: I64, right: I64, score: F64, options: Options) -> tuple[I64, F64]:
    """Survivors by the linkage asked for; in a cluster the block that the policy prefers stays."""
    n_blocks = measured.near.size
    if options.linkage == "survivor":
        return walk_matches(n_blocks, left, right, score)
    if options.linkage == "single":
        label = linkage.single(n_blocks, left, right)
    elif options.linkage == "complete":
        label = linkage.complete(n_blocks, left, right, score)
    else:
        label = linkage.average(n_blocks, left, right, score, threshold=options.threshold)
    similarity = np.zeros(n_blocks)
    gone = np.flatnonzero(label != np.arange(n_blocks))
    assert measured.again is not None, f"the measure {options.measure!r} has the linkage 'survivor' alone"
    similarity[gone] = measured.again(label[gone], gone)
    return label, similarity


def _candidates(heads: Heads, stats: dict[str, Any]) -> tuple[I64, Buckets]:
    near, found = pairs.buckets(heads.keys, heads.rows)
    stats["candidates"] = int(found.ids.size)
    return near, found


def _jaccard(heads: Heads, recipe: Recipe, stats: dict[str, Any]) -> Measured:
    near, found = _candidates(heads, stats)
    return _all_jaccard(near, found, heads.texts(near, recipe), recipe, stats)


def _all_jaccard(near: I64, found: Buckets, texts: Comparable, recipe: Recipe, stats: dict[str, Any]) -> Measured:
    own = ranked(texts.sets)
    left, right = _all_pairs(found, stats)

    def again(one: I64, other: I64) -> F64:
        return judged(pair_similarities(own, one, other), texts, one, other, recipe)

    return Measured(near, left, right, again(left, right), again)


def _ratio(heads: Heads, recipe: Recipe, stats: dict[str, Any]) -> Measured:
    options = recipe.options
    texts = folded_texts(heads.buffer, heads.starts, heads.ends)
    found = grams.candidate_pairs(texts, options.threshold, options.recall, heads.scope, heads.n_fixed)
    pair = found.left, found.right

    def again(one: I64, other: I64) -> F64:
        return ratios(texts, one, other, options.threshold)

    if options.pairs == "all":
        measured = (*pair, again(*pair))
    else:
        measured = measure_needed(len(texts), *pair, again, options.threshold)
    stats.update(candidates=int(found.left.size), compared=int(measured[0].size), capped=found.n_capped)
    stats["recall_promised"] = options.recall
    return Measured(np.arange(len(texts)), *measured)


def _containment(heads: Heads, recipe: Recipe, stats: dict[str, Any]) -> Measured:
    options, spans = recipe.options, Spans(heads.buffer, heads.starts, heads.ends)

    def windows(width_words: int, key: int = recipe.secret) -> Shingles:
        made = shingle_sets(*spans, width_words=width_words, key=key, threads=options.threads)
        if heads.scope is None:
            return made
        scoped = fmix64(made.hashes + heads.scope[made.row_of_value])  # shingles of different scope must differ
        return sets(Shingles(scoped, made.offsets))

    n_words = count_words(*spans)
    widths = np.unique(n_words[n_words < options.width_words])[::-1].tolist()
    short = ((np.flatnonzero(n_words == width), windows(width)) for width in widths)
    of_seed = windows(options.width_words, recipe.with_public_hashes().secret)  # each run looks up the same pairs
    exact = windows(options.width_words)
    near, left, right, score, capped = contained_pairs(of_seed, options.threshold, short, exact)
    stats.update(candidates=int(left.size), compared=int(left.size), capped=capped)
    return Measured(near, left, right, score)


def _weighted(heads: Heads, recipe: Recipe, stats: dict[str, Any]) -> Measured:
    options = recipe.options
    recipe = recipe.but(width_words=1)  # single words: their rarity is the information
    own = heads.texts(slice(None), recipe.with_public_hashes()).sets  # each run looks up the same pairs
    exact = heads.texts(slice(None), recipe).sets
    found = dense(own)
    weights = weighted.rarity_weights(found)
    words = np.empty(weights.size, np.uint64)  # the hash of each rank
    words[found.hashes.astype(np.int64)] = own.hashes
    plan = weighted.plan(options.threshold, options.recall, heads.starts.size)
    left, right, capped = weighted.candidate_pairs(found, words, weights, plan, seed=options.seed)
    stats.update(bands=plan.n_bands, rows=plan.n_rows, recall_promised=round(plan.share_found(options.threshold), 4))
    stats.update(candidates=int(left.size), compared=int(left.size), capped=capped)

    def again(one: I64, other: I64) -> F64:
        score = weighted.pair_similarities(found, weights, one, other)
        near = np.flatnonzero(score >= options.threshold)
        pair = one[near], other[near]
        score[near[intersections(ranked(own), *pair) != intersections(ranked(exact), *pair)]] = 0.0  # forged
        return score

    return Measured(np.arange(heads.starts.size), left, right, again(left, right), again)


def _all_pairs(found: Buckets, stats: dict[str, Any]) -> tuple[I64, I64]:
    left, right, capped = pairs.all_pairs(found)
    compared = stats.get("compared", 0) + int(left.size)
    stats.update(compared=compared, capped=stats.get("capped", 0) + capped, pairs_per_block=pairs.PAIRS_PER_BLOCK)
    return left, right


_MEASURES: dict[str, Callable[[Heads, Recipe, dict[str, Any]], Measured]] = {
    "jaccard": _jaccard,
    "ratio": _ratio,
    "containment": _containment,
    "weighted": _weighted,
}
