"""Which blocks repeat inside their own document, and what is cut out with them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64, U64, Bool, fmix64, opens_run
from dedupe.core.meaning.lexicon import is_known
from dedupe.core.meaning.pairs import may_have_slips
from dedupe.core.meaning.rules import meaning
from dedupe.core.meaning.tokens import Token, tokens
from dedupe.core.text.batch import Batch
from dedupe.core.text.blocks import BLANK, OWN, Blocks
from dedupe.matching.deciding import takes_part
from dedupe.matching.recipe import Recipe
from dedupe.matching.stages import Decision, Pairs, decide, policy_order

BY_MATCH, BY_RUN, BY_ADJACENCY = range(3)


class Repeats(NamedTuple):
    """What repeats in each document of a batch.

    Attributes:
        survivor: Array of shape (n_blocks,), int64: the block's own number when it stays.
        similarity: Array of shape (n_blocks,), float64; 0 for a block that stays.
        rule: Array of shape (n_blocks,), int8: BY_MATCH, BY_RUN or BY_ADJACENCY; of no meaning for one that stays.
        variants: Pairs of blocks that both stay: alike enough, but one says something else.
        stats: Counts of the run.
    """

    survivor: I64
    similarity: F64
    rule: np.ndarray[tuple[int], np.dtype[np.int8]]
    variants: Pairs
    stats: dict[str, Any]


def repeats(batch: Batch, blocks: Blocks, recipe: Recipe, block_of: Any) -> Repeats:
    """Decide which blocks go, each document for itself.

    Blocks with `min_words` words or more go when a block that stays matches them.
    Shorter ones go only beside a repeated block, as their twins do, or right behind their twin.
    A fenced code block goes only when it is the same to the byte.

    Args:
        batch: The texts.
        blocks: Their blocks.
        recipe: What the run decides by.
        block_of: Makes the Block of a number, for a keep function.

    Returns:
        The decision for each block.
    """
    options = recipe.options
    order = policy_order(options.keep, batch, blocks, block_of)
    decision = decide(batch, blocks, recipe, order, scope=_scope(batch, blocks), always=blocks.fenced)
    survivor, similarity = decision.survivor, decision.similarity
    own = np.arange(survivor.size)
    rule = np.zeros(survivor.size, np.int8)
    if decision.stats["groups"] == own.size and not decision.stats["duplicates"]:
        return Repeats(survivor, similarity, rule, decision.variants, decision.stats)
    is_short = ~takes_part(decision.sketch.n_words, options) & ~blocks.fenced
    variants = decision.variants
    if decision.by_meaning:
        survivor, variants = _spare_known_words(batch, blocks, decision)
    by_match = survivor != own
    walk = _Short(batch, blocks, decision.sketch.n_words, decision.sketch.text_hashes, is_short, survivor, rule)
    if by_match.any():
        walk.along_runs(np.flatnonzero(by_match))
    walk.beside_twins(keep_last=options.keep == "last")
    gone = survivor != own
    decision.stats["duplicates"] = decision.stats["matches"] = int(gone.sum())
    variants = Pairs(*(array[~gone[variants.right]] for array in variants))
    decision.stats["variants"] = int(variants.left.size)
    similarity = np.where(gone, np.where(by_match, similarity, 1.0), 0.0)
    return Repeats(survivor, similarity, rule, variants, decision.stats)


def _spare_known_words(batch: Batch, blocks: Blocks, decision: Decision) -> tuple[I64, Pairs]:
    """Let blocks stay that would go for a misspelling, where the document has both words in other blocks.

    Returns:
        The survivor of each block, and the variants with these.
    """
    survivor, hashes = decision.survivor.copy(), decision.sketch.text_hashes
    gone = np.flatnonzero((survivor != np.arange(survivor.size)) & (hashes != hashes[survivor]).any(axis=1))
    if gone.size == 0:
        return survivor, decision.variants
    gone = gone[may_have_slips(batch.buffer, blocks.starts, blocks.ends, survivor[gone], gone)]
    spared = []
    for doc in np.unique(blocks.docs[gone]).tolist():
        words = _Words(batch, blocks, doc)
        spared += [
            number
            for number in gone[blocks.docs[gone] == doc].tolist()
            if words.has_both(int(survivor[number]), number)
        ]
    added = np.array(spared, np.int64)
    variants = decision.variants
    both = Pairs(
        np.concatenate((variants.left, survivor[added])),
        np.concatenate((variants.right, added)),
        np.concatenate((variants.similarity, decision.similarity[added])),
    )
    survivor[added] = added
    return survivor, both


class _Words:
    """How often the blocks of one document have each word."""

    def __init__(self, batch: Batch, blocks: Blocks, doc: int) -> None:
        self.batch, self.blocks, self.doc = batch, blocks, doc
        self._counts: Counter[str] | None = None

    def tokens_of(self, number: int) -> list[Token]:
        start, end = self.blocks.starts[number], self.blocks.ends[number]
        return tokens(self.batch.buffer[start:end].tobytes().decode("utf-8", "surrogatepass"))

    def counts(self) -> Counter[str]:
        """The words of the whole document, counted when they are first asked for."""
        if self._counts is None:
            numbers = np.flatnonzero(self.blocks.docs == self.doc).tolist()
            self._counts = Counter(token.plain for number in numbers for token in self.tokens_of(number))
        return self._counts

    def has_both(self, survivor: int, number: int) -> bool:
        """Whether a word and what is taken for its misspelling both stand in other blocks than these two."""
        left, right = self.tokens_of(survivor), self.tokens_of(number)
        here = Counter(token.plain for token in (*left, *right))
        for part in meaning(left, right, is_known).parts:
            if part.reason == "misspelling":
                pair = (*left[part.span.left : part.span.left_end], *right[part.span.right : part.span.right_end])
                if all(self.counts()[token.plain] > here[token.plain] for token in pair):
                    return True
        return False


def _scope(batch: Batch, blocks: Blocks) -> U64 | None:
    """A number for each document; fenced blocks have one of their own for each content."""
    if batch.offsets.size == 2 and not blocks.fenced.any():
        return None
    scope = fmix64(blocks.docs.astype(np.uint64) + np.uint64(1))
    for number in np.flatnonzero(blocks.fenced).tolist():
        digest = hashlib.blake2b(
            batch.buffer[blocks.starts[number] : blocks.ends[number]].tobytes(), digest_size=8
        ).digest()
        scope[number] ^= np.uint64(int.from_bytes(digest, "little") | 1)
    return scope


class _Short:
    """The rules for short blocks; writes into `survivor` and `rule`."""

    def __init__(
        self, batch: Batch, blocks: Blocks, n_words: Any, text_hashes: U64, is_short: Bool, survivor: I64, rule: Any
    ) -> None:
        self.batch, self.blocks, self.n_words, self.text_hashes = batch, blocks, n_words, text_hashes
        self.is_short, self.survivor, self.rule = is_short, survivor, rule

    def same(self, one: int, other: int) -> bool:
        """Whether two blocks are equal to the byte."""
        blocks, buffer = self.blocks, self.batch.buffer
        first = buffer[blocks.starts[one] : blocks.ends[one]]
        return first.tobytes() == buffer[blocks.starts[other] : blocks.ends[other]].tobytes()

    def along_runs(self, removed: I64) -> None:
        """Let short blocks go with the repeated blocks beside them, if their twins stand in the same place."""
        added: list[int] = []
        for step in (1, -1):
            for number in removed.tolist():
                survivor = int(self.survivor[number])
                while self._goes_along(number + step, survivor + step, number):
                    number += step
                    twin = survivor + step
                    survivor = int(self.survivor[twin])
                    self.survivor[number], self.rule[number] = survivor, BY_RUN
                    added.append(number)
                    if survivor != twin:
                        break
        self._spare_borders(added)

    def _goes_along(self, number: int, twin: int, beside: int) -> bool:
        n_blocks, docs = self.survivor.size, self.blocks.docs
        if not (0 <= number < n_blocks and 0 <= twin < n_blocks and number != twin):
            return False
        if docs[number] != docs[beside] or docs[twin] != docs[beside]:
            return False
        free = self.is_short[number] and self.survivor[number] == number
        return bool(free and self.survivor[twin] != number and self.same(number, twin))

    def _spare_borders(self, added: list[int]) -> None:
        """A block without words (a rule, a bullet) goes only from the inside of a run, not from its border."""
        docs = self.blocks.docs
        for walk in (sorted(added), sorted(added, reverse=True)):
            for number in walk:
                for near in (number - 1, number + 1):
                    inside = 0 <= near < docs.size and docs[near] == docs[number]
                    if inside and self.survivor[near] == near and self.n_words[number] == 0:
                        self.survivor[number] = number

    def beside_twins(self, *, keep_last: bool) -> None:
        """Let a short block with words go when the block that stays before it is the same."""
        stays = np.flatnonzero(self.survivor == np.arange(self.survivor.size))
        if keep_last:
            stays = stays[::-1]
        before, after = stays[:-1], stays[1:]
        alike = self.is_short[after] & (self.n_words[after] > 0) & (self.blocks.docs[before] == self.blocks.docs[after])
        alike &= (self.text_hashes[before] == self.text_hashes[after]).all(axis=1)
        for place in np.flatnonzero(alike).tolist():
            twin, number = int(self.survivor[before[place]]), int(after[place])
            if self.same(twin, number):
                self.survivor[number], self.rule[number] = twin, BY_ADJACENCY


class Cut(NamedTuple):
    """A stretch of the buffer to leave out, in bytes."""

    start: int
    end: int


def shortened(batch: Batch, blocks: Blocks, gone: I64) -> Iterator[tuple[int, bytes]]:
    """Take blocks out of texts, each with the gap that goes with it.

    Args:
        batch: The texts.
        blocks: Their blocks.
        gone: Array of shape (n_gone,), int64, ascending: the blocks to take out.

    Yields:
        The number of each text that loses something, ascending, and what is left of it.
    """
    docs = blocks.docs[gone]
    first = np.flatnonzero(opens_run(docs))
    bounds = [*first.tolist(), gone.size]
    for doc, begin, end in zip(docs[first].tolist(), bounds[:-1], bounds[1:], strict=True):
        parts, at = [], int(batch.offsets[doc])
        for cut in cuts(batch, blocks, gone[begin:end]):
            parts.append(batch.buffer[at : cut.start].tobytes())
            at = cut.end
        parts.append(batch.buffer[at : batch.offsets[doc + 1]].tobytes())
        yield doc, b"".join(parts)


def cuts(batch: Batch, blocks: Blocks, gone: I64) -> list[Cut]:
    """Find what to cut out so that what is left splits into exactly the blocks that stay.

    With each block goes one of the gaps beside it, by the rule that `core/blocks.py` states and proves in tests.

    Args:
        batch: The texts.
        blocks: Their blocks.
        gone: Array of shape (n_gone,), int64, ascending: the blocks to take out.

    Returns:
        Stretches in ascending order; they do not touch blocks that stay.
    """
    made: list[Cut] = []
    starts, ends, docs, borders = blocks.starts, blocks.ends, blocks.docs, blocks.borders
    left: list[Cut] = []  # the gap before the block, as it is once the blocks before it are out
    border, kept, previous = BLANK, -1, -2
    for number in gone.tolist():
        doc = int(docs[number])
        is_first = number == 0 or docs[number - 1] != doc
        is_last = number == docs.size - 1 or docs[number + 1] != doc
        if is_first or number != previous + 1:
            kept = -1 if is_first else number - 1  # the last block that stays; none at the start of the text
            before = int(batch.offsets[doc]) if is_first else int(ends[kept])
            left, border = [Cut(before, int(starts[number]))], int(borders[number])
        right = Cut(int(ends[number]), int(batch.offsets[doc + 1]) if is_last else int(starts[number + 1]))
        after = BLANK if is_last else int(borders[number + 1])
        strongest = max(border, after)
        keeps_right = after == strongest and not (after == OWN and blocks.fenced[number])
        made.append(Cut(int(starts[number]), int(ends[number])))
        if kept < 0:  # at the start of the text: white space before the first block stays
            made.append(right)
        elif is_last:  # at its end: what follows the last block stays
            made.extend(left)
        elif strongest == OWN and not keeps_right and not blocks.fenced[kept]:
            left, border = [*left, right], BLANK
        elif keeps_right:
            made.extend(left)
            left, border = [right], after
        else:
            made.append(right)
        previous = number
    return sorted(made)
