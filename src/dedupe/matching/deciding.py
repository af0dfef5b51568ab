"""Which new blocks stay beside blocks that are known to stay: the one leader rule, wherever the blocks lie.

A place (a collection in memory, files, an index, a cluster) scans its texts, groups blocks by band key, fetches what
is compared, and writes the links; the rules in between are here. docs/core.md, "Survivors", states them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dedupe.core.clustering.survivors import Buckets, walk
from dedupe.core.hashing import F64, I64
from dedupe.core.measures.similarity import pair_similarities, ranked
from dedupe.matching.comparable import Comparable
from dedupe.matching.recipe import Recipe
from dedupe.options import Options


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


def similarities(left: Comparable, right: Comparable, at_left: I64, at_right: I64) -> F64:
    """Jaccard similarity of pairs of a block of `left` and one of `right`, by their places there."""
    both = Comparable.concat((left, right))
    return pair_similarities(ranked(both.sets), at_left, at_right + left.sets.n_rows)


class Links(NamedTuple):
    """Blocks that go, and why.

    Attributes:
        block: Array of shape (n_links,), int64: the blocks that go, in the order in which they were given.
        survivor: Array of shape (n_links,), int64: the block that stays in place of each.
        similarity: Array of shape (n_links,), float64: of the two.
        n_compared: Pairs that were compared.
        n_capped: Times that a bucket was too full for one more leader.
    """

    block: I64
    survivor: I64
    similarity: F64
    n_compared: int
    n_capped: int


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
    walked = walk(texts.sets, buckets, threshold=recipe.options.threshold, n_fixed=known.size, leaders=recipe.leaders)
    numbers = np.concatenate((known, new)) if known.size else new
    gone = np.flatnonzero(walked.survivor != np.arange(numbers.size))
    return Links(
        numbers[gone], numbers[walked.survivor[gone]], walked.similarity[gone], walked.n_compared, walked.n_capped
    )


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
