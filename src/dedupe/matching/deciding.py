"""Which new blocks stay beside blocks that are known to stay: the one leader rule, wherever the blocks lie.

A place (a collection in memory, files, an index, a cluster) scans its texts, groups blocks by band key, fetches what
is compared, and writes the links; the rules in between are here. docs/core.md, "Survivors", states them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dedupe.core.clustering.survivors import Judge, walk
from dedupe.core.hashing import F64, I64
from dedupe.core.measures.similarity import pair_similarities, ranked
from dedupe.core.pairs import Buckets
from dedupe.matching.comparable import Comparable
from dedupe.matching.recipe import Recipe
from dedupe.options import Options

ALIKE_AT_LEAST = 0.6  # share of common words from which what differs is looked at; figures: docs/meaning.md


def takes_part(n_words: Any, options: Options) -> Any:
    """Whether blocks of so many words can be duplicates or survivors: shorter ones stay, equal to another or not.

    Args:
        n_words: An array, or a column of a table in Spark.
        options: All settings.

    Returns:
        Booleans of the same kind.
    """
    return n_words >= options.min_words


def is_compared(n_words: Any, options: Options) -> Any:
    """Whether blocks of so many words are compared with others: one without words can only be equal."""
    return n_words >= max(options.min_words, 1)


def similarities(left: Comparable, right: Comparable, at_left: I64, at_right: I64, recipe: Recipe) -> F64:
    """Similarity of pairs of a block of `left`, which is to stay, and one of `right`, by their places there."""
    both = Comparable.concat((left, right))
    at_right = at_right + left.sets.n_rows
    return judged(pair_similarities(ranked(both.sets), at_left, at_right), both, at_left, at_right, recipe)


def judged(similarity: F64, texts: Comparable, left: I64, right: I64, recipe: Recipe) -> F64:
    """Look at what differs in pairs where nothing may be lost.

    Args:
        similarity: Array of shape (n_pairs,), float64, of the shingle sets.
        texts: The blocks.
        left: Array of shape (n_pairs,), int64, places of the blocks that are to stay.
        right: Array of shape (n_pairs,), int64, places of those that are to go.
        recipe: The settings.

    Returns:
        Array of shape (n_pairs,), float64: there the share of what both say, 0 where the left does not say all that
        the right says; elsewhere the similarity as it was.
    """
    careful = texts.careful[right]
    if not careful.any():
        return similarity
    result = np.where(careful, 0.0, similarity)
    near = np.flatnonzero(careful & (similarity >= min(ALIKE_AT_LEAST, recipe.options.threshold)))
    used, place = np.unique(np.concatenate((left[near], right[near])), return_inverse=True)
    judge = Judge(*texts.spans(used), least=recipe.options.threshold)
    passes, share = judge.passes(*np.split(place, [near.size]))
    result[near] = np.where(passes, share, 0.0)
    return result


class Variants(NamedTuple):
    """Blocks that share enough with one that stays, and say something else.

    Attributes:
        block: Array of shape (n_variants,), int64.
        other: Array of shape (n_variants,), int64: the block that each shares most with.
        similarity: Array of shape (n_variants,), float64: share of common words, 0–1.
    """

    block: I64
    other: I64
    similarity: F64


NO_VARIANTS = Variants(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


class Links(NamedTuple):
    """Blocks that go, and why.

    Attributes:
        block: Array of shape (n_links,), int64: the blocks that go, in the order in which they were given.
        survivor: Array of shape (n_links,), int64: the block that stays in place of each.
        similarity: Array of shape (n_links,), float64: of the two.
        n_compared: Pairs that were compared.
        n_capped: Times that a bucket was too full for one more leader.
        variants: New blocks that stay although they are alike enough, since something would be lost.
    """

    block: I64
    survivor: I64
    similarity: F64
    n_compared: int
    n_capped: int
    variants: Variants


_NO_LINKS = Links(NO_VARIANTS.block, NO_VARIANTS.other, NO_VARIANTS.similarity, 0, 0, NO_VARIANTS)


def decide_next(known: I64, new: I64, buckets: Buckets, texts: Comparable, recipe: Recipe) -> Links:
    """Decide about new blocks, with blocks before them that are known to stay.

    A new block goes when a leader of one of its buckets matches it; the first `recipe.leaders` blocks of a bucket that stay
    lead it, the known ones before the new.
    So known blocks that lead no bucket of a new block need not be given, and a long run may come in parts.

    Args:
        known: Array of shape (n_known,), int64, numbers in policy order: nothing, the texts of `against`, the leaders
            among earlier parts of a run, or those of an index.
        new: Array of shape (n_new,), int64, numbers in policy order; other numbers than those of `known`.
        buckets: The buckets of the known blocks and, behind them, of the new ones.
        texts: What is compared, in the same order.
        recipe: The settings.

    Returns:
        The new blocks that go.
    """
    numbers = np.concatenate((known, new)) if known.size else new
    if numbers.size == 0:
        return _NO_LINKS
    n_careful = int(texts.careful.sum())
    if n_careful in (0, numbers.size):
        return _walked(numbers, known.size, buckets, texts, recipe)
    # blocks of one kind share no bucket with those of the other
    parts = []
    for places in (np.flatnonzero(~texts.careful), np.flatnonzero(texts.careful)):
        n_known = int(np.searchsorted(places, known.size))
        parts.append(_walked(numbers[places], n_known, buckets.take(places), texts.take(places), recipe))
    one, other = parts
    order = np.argsort(_places(new, np.concatenate((one.block, other.block))), kind="stable")
    return Links(
        np.concatenate((one.block, other.block))[order],
        np.concatenate((one.survivor, other.survivor))[order],
        np.concatenate((one.similarity, other.similarity))[order],
        one.n_compared + other.n_compared, one.n_capped + other.n_capped, other.variants,
    )  # fmt: skip


def _places(new: I64, blocks: I64) -> I64:
    """Where blocks stand among the new ones."""
    by_number = np.argsort(new, kind="stable")
    result: I64 = by_number[np.searchsorted(new, blocks, sorter=by_number)]
    return result


def _walked(numbers: I64, n_known: int, buckets: Buckets, texts: Comparable, recipe: Recipe) -> Links:
    """Walk over blocks of one kind."""
    options = recipe.options
    judge = None
    threshold = options.threshold
    if texts.careful.any():
        judge = Judge(*texts.spans(np.arange(numbers.size)), least=options.threshold)
        threshold = min(ALIKE_AT_LEAST, threshold)
    walked = walk(
        texts.sets, buckets, threshold=threshold, n_fixed=n_known, leaders=recipe.leaders, judge=judge
    )  # fmt: skip
    gone = np.flatnonzero(walked.survivor != np.arange(numbers.size))
    variants = NO_VARIANTS
    if walked.variant is not None:
        place = np.flatnonzero(walked.variant >= 0)
        place = place[walked.variant_similarity[place] >= options.threshold]
        variants = Variants(numbers[place], numbers[walked.variant[place]], walked.variant_similarity[place])
    return Links(
        numbers[gone], numbers[walked.survivor[gone]], walked.similarity[gone], walked.n_compared, walked.n_capped,
        variants,
    )  # fmt: skip


def follow_heads(head: I64, links: Links) -> tuple[I64, F64]:
    """Survivor and similarity of copies: they have the words of their head, so what the head matches, they match.

    Args:
        head: Array of shape (n_copies,), int64: of each copy the preferred block with the same words.
        links: The heads that go, by ascending number.

    Returns:
        The survivor of each copy, its head when that stays, and the similarity to it.
    """
    if links.block.size == 0:
        return head, np.ones(head.size)
    place = np.minimum(np.searchsorted(links.block, head), links.block.size - 1)
    goes = links.block[place] == head
    return np.where(goes, links.survivor[place], head), np.where(goes, links.similarity[place], 1.0)
