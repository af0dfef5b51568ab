"""The stages in order: from blocks to the survivor of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dedupe.core import pairs
from dedupe.core.hashing import F64, I64, U64, Bool, offsets_of, ranges
from dedupe.core.native import backend
from dedupe.core.sketch import Sketch
from dedupe.core.text.batch import Batch, char_counts
from dedupe.core.text.blocks import Blocks
from dedupe.errors import OptionError
from dedupe.inputs.documents import Documents
from dedupe.matching.comparable import Spans, fingerprint
from dedupe.matching.deciding import Links, follow_heads, is_compared, takes_part
from dedupe.matching.measures import Heads, resolve
from dedupe.matching.recipe import Recipe
from dedupe.options import column_policy
from dedupe.results import BlockTable


class Pairs(NamedTuple):
    """Pairs of blocks that were measured and match.

    Attributes:
        left: Array of shape (n_pairs,), int64, block numbers.
        right: Array of shape (n_pairs,), int64.
        similarity: Array of shape (n_pairs,), float64.
    """

    left: I64
    right: I64
    similarity: F64


class Decision(NamedTuple):
    """What matching found out about each block.

    Attributes:
        survivor: Array of shape (n_blocks,), int64: the block's own number when it stays.
        similarity: Array of shape (n_blocks,), float64: to the survivor; 0 for a block that stays.
        matches: Every matching pair that was asked for.
        variants: Pairs of blocks that both stay: alike enough, but one says something else.
        by_meaning: What differs was looked at.
        sketch: Words and text hashes of the blocks; the keys are given up for their memory.
        stats: Counts per stage, bands and rows, caps hit.
    """

    survivor: I64
    similarity: F64
    matches: Pairs
    variants: Pairs
    by_meaning: bool
    sketch: Sketch
    stats: dict[str, Any]


def policy_order(
    keep: str | Callable[[Any], float], batch: Batch, blocks: Blocks, block_of: Callable[[int], Any]
) -> I64:
    """Number the blocks in the order in which they are preferred.

    Args:
        keep: The policy, as in Options.
        batch: The texts.
        blocks: The blocks.
        block_of: Makes the Block that a policy function is called with.

    Returns:
        Array of shape (n_blocks,), int64, the most preferred first; ties in input order.

    Raises:
        OptionError: The function returned something that is no number.
    """
    if keep == "last":
        return np.arange(blocks.starts.size)[::-1].copy()
    if isinstance(keep, str) and column_policy(keep):
        raise OptionError(f"keep={keep!r} names a column, and a list has none; give a frame, or a function")
    scores = scores_of(keep, batch, blocks, block_of)
    return np.arange(blocks.starts.size) if scores is None else np.argsort(-scores, kind="stable")


def order_of(documents: Documents, keep: Any, batch: Batch, blocks: Blocks, table: BlockTable) -> I64:
    """Number the blocks in policy order, by a column of the frame where the policy names one."""
    policy = column_policy(keep)
    if policy is None or documents.frame is None:
        return policy_order(keep, batch, blocks, table.__getitem__)
    rank = np.empty(len(documents.texts), np.int64)
    rank[documents.order_by(*policy)] = np.arange(rank.size)
    return np.argsort(rank[blocks.docs], kind="stable")


def scores_of(
    keep: str | Callable[[Any], float], batch: Batch, blocks: Blocks, block_of: Callable[[int], Any]
) -> F64 | None:
    """Score blocks by a policy that looks at each block alone; a new one of that kind is written here.

    Args:
        keep: The policy, as in Options.
        batch: The texts.
        blocks: The blocks.
        block_of: Makes the Block that a policy function is called with.

    Returns:
        Array of shape (n_blocks,), float64, the highest is preferred; None where order or a column decides.

    Raises:
        OptionError: A policy function returned something that is no number.
    """
    if keep == "longest":
        return char_counts(batch, blocks.starts, blocks.ends).astype(np.float64)
    if not callable(keep):
        return None
    scores = np.empty(blocks.starts.size)
    for number in range(scores.size):
        score = keep(block_of(number))
        try:
            scores[number] = score
        except (TypeError, ValueError):
            scores[number] = np.nan
        if np.isnan(scores[number]):
            raise OptionError(f"keep must return a number for each block, got {score!r} for {block_of(number)!r}")
    return scores


def decide(
    batch: Batch, blocks: Blocks, recipe: Recipe, order: I64, *,
    scope: U64 | None = None, n_fixed: int = 0, always: Bool | None = None,
) -> Decision:  # fmt: skip
    """Run the stages over the blocks.

    Args:
        batch: The texts.
        blocks: The blocks, in text order.
        recipe: What the run decides by.
        order: Block numbers in policy order.
        scope: Array of shape (n_blocks,), uint64: only blocks of equal scope match; or None.
        n_fixed: The first `n_fixed` of `order` stay whatever they resemble, and are only matched against.
        always: Array of shape (n_blocks,), bool: blocks that take part however short they are; or None.

    Returns:
        The decision for each block. Others with fewer than `min_words` words stay.
    """
    own = np.arange(blocks.starts.size)
    if own.size < 2 and recipe.options.lose != "words":
        recipe = recipe.but(lose="words")  # a block alone has nothing to differ from
    options, plan = recipe.options, recipe.plan
    found = fingerprint(Spans(batch.buffer, blocks.starts, blocks.ends), recipe, scope=scope)
    stats = _counts(batch, blocks, found, recipe)
    if options.measure == "jaccard" and pairs.all_alone(found.text_hashes, found.keys):
        stats.update(candidates=0, compared=0, capped=0, duplicates=0, matches=0)
        none = own[:0]
        nobody = Pairs(none, none, np.zeros(0))
        return Decision(own, np.zeros(own.size), nobody, nobody, False, found, stats)
    head = pairs.groups(found.text_hashes, scope, order)
    stats["groups"] = int((head == own).sum())
    is_long = takes_part(found.n_words, options)
    head = np.where(is_long if always is None else is_long | always, head, own)
    is_head = ((head == own) & is_compared(found.n_words, options))[order]
    heads = order[is_head]
    compared = Heads(
        batch.buffer, blocks.starts[heads], blocks.ends[heads], found.keys, heads,
        None if scope is None else scope[heads], int(is_head[:n_fixed].sum()),
    )  # fmt: skip
    resolved = resolve(compared, recipe, stats)
    # the largest array of all, and done with; a slice of it would keep it alive
    del compared
    found = found._replace(keys=np.empty((0, plan.n_bands), np.uint64))
    survivor, similarity = _of_groups(head, heads, resolved.links)
    duplicate = np.flatnonzero(survivor != own)
    if options.pairs == "all":
        between_heads = Pairs(heads[resolved.left], heads[resolved.right], resolved.score)
        matches = _with_groups(between_heads, head, order, stats)
    else:
        matches = Pairs(survivor[duplicate], duplicate, similarity[duplicate])
    alike = resolved.links.variants
    variants = Pairs(heads[alike.other], heads[alike.block], alike.similarity)
    stats.update(duplicates=int(duplicate.size), matches=int(matches.left.size), variants=int(variants.left.size))
    return Decision(survivor, similarity, matches, variants, options.lose != "words", found, stats)


def _counts(batch: Batch, blocks: Blocks, found: Sketch, recipe: Recipe) -> dict[str, Any]:
    """What the stages before matching have to tell."""
    return {
        "documents": batch.offsets.size - 1,
        "blocks": blocks.starts.size,
        "bytes": int((blocks.ends - blocks.starts).sum()),
        "words": int(found.n_words.sum(dtype=np.int64)),
        "groups": blocks.starts.size,
        "backend": backend.backend(),
        "bands": recipe.plan.n_bands,
        "rows": recipe.plan.n_rows,
        "recall_promised": recipe.recall_promised,
    }


def _of_groups(head: I64, heads: I64, links: Links) -> tuple[I64, F64]:
    """Survivor and similarity of every block.

    Args:
        head: Array of shape (n_blocks,), int64: the block that stands for each.
        heads: Array of shape (n_heads,), int64: the blocks that were compared.
        links: Which of these go, by place in `heads`.
    """
    survivor, similarity = np.arange(head.size), np.zeros(head.size)
    copies = np.flatnonzero(head != survivor)
    if links.block.size:
        gone = heads[links.block]
        by_number = np.argsort(gone)
        links = links._replace(
            block=gone[by_number],
            survivor=heads[links.survivor[by_number]],
            similarity=links.similarity[by_number],
        )
        survivor[links.block], similarity[links.block] = links.survivor, links.similarity
    survivor[copies], similarity[copies] = follow_heads(head[copies], links)
    return survivor, similarity


def _with_groups(found: Pairs, head: I64, order: I64, stats: dict[str, Any]) -> Pairs:
    """Spread the matches of heads over their groups, and add the pairs inside each group."""
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    by_head = order[np.argsort(head[order], kind="stable")]
    sizes = np.bincount(head, minlength=head.size)
    begin = offsets_of(sizes)
    capped = np.minimum(sizes, pairs.PAIRS_PER_BLOCK)
    # a match of two heads stands for every pair of their members
    counts = capped[found.left] * capped[found.right]
    pair = np.repeat(np.arange(found.left.size), counts)
    place = ranges(np.zeros_like(counts), counts)
    width = capped[found.right][pair]
    left = by_head[begin[found.left[pair]] + place // np.maximum(width, 1)]
    right = by_head[begin[found.right[pair]] + place % np.maximum(width, 1)]
    # inside a group: each member with those before it
    member = ranges(np.zeros_like(sizes), sizes)
    inner = np.minimum(member, pairs.PAIRS_PER_BLOCK)
    first = by_head[ranges(np.arange(member.size) - inner, inner)]
    second = np.repeat(by_head, inner)
    stats["capped"] += int((member - inner).sum() + (sizes[found.left] * sizes[found.right] - counts).sum())
    left, right = np.concatenate((left, first)), np.concatenate((right, second))
    similarity = np.concatenate((found.similarity[pair], np.ones(first.size)))
    left, right = np.where(rank[left] < rank[right], left, right), np.where(rank[left] < rank[right], right, left)
    in_order = np.lexsort((right, left))
    return Pairs(left[in_order], right[in_order], similarity[in_order])
