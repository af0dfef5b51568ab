"""What blocks are found and measured by: fingerprints, shingle sets, and the texts themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.core.hashing import GOLDEN, I64, U8, U64, Bool, fmix64, inverse, offsets_of
from dedupe.core.meaning.plain import byte_hashes, plain_texts
from dedupe.core.ragged import concat, gathered
from dedupe.core.shingles import NO_SHINGLES, Shingles
from dedupe.core.sketch import Sketch, count_words, shingle_sets, sketch
from dedupe.core.text.batch import Batch
from dedupe.matching.recipe import Recipe

_LONG = 28  # words from which careful blocks must share two bands; figures: docs/meaning.md
_BETWEEN = 4  # words below that, where half of the bands are as for long ones and half as for short


class Spans(NamedTuple):
    """Stretches of a buffer of text.

    Attributes:
        buffer: Array of shape (n_bytes,), uint8, UTF-8.
        starts: Array of shape (n_blocks,), int64, bytes.
        ends: Array of shape (n_blocks,), int64, bytes.
    """

    buffer: U8
    starts: I64
    ends: I64

    @classmethod
    def whole(cls, batch: Batch) -> Spans:
        """All texts of a batch."""
        return cls(batch.buffer, batch.starts, batch.ends)

    def take(self, numbers: I64) -> Spans:
        """The stretches of these numbers, in the order given."""
        return Spans(self.buffer, self.starts[numbers], self.ends[numbers])


def fingerprint(spans: Spans, recipe: Recipe, *, scope: U64 | None = None, keep_signatures: bool = False) -> Sketch:
    """Fingerprint stretches of text, given in ascending order, by the settings of a run; see core.sketch.

    Blocks that go only when nothing is lost are found by the single words of their plain forms, so that neither slips
    nor form hide a copy, and their text hashes are equal only for equal bytes.
    """
    options = recipe.options
    width_words = 1 if options.lose == "nothing" else options.width_words

    def sketched(some: Spans, numbers: I64 | slice, width_words: int) -> Sketch:
        return sketch(
            *some, width_words=width_words, plan=recipe.plan, seed=options.seed,
            secret=recipe.secret, scope=None if scope is None else scope[numbers], keep_signatures=keep_signatures, threads=options.threads,
        )  # fmt: skip

    made = sketched(spans, slice(None), width_words)
    if options.lose == "words":
        return made
    careful = np.flatnonzero(recipe.is_careful(made.n_words, spans.ends - spans.starts))
    if careful.size == 0:
        return made
    made = made._replace(word_hashes=made.text_hashes[:, 0].copy())
    some = spans if careful.size == spans.starts.size else spans.take(careful)
    made.text_hashes[careful] = byte_hashes(*some, secret=recipe.secret, threads=options.threads)
    n_words = made.n_words.copy()
    parts = [_plain(some, careful, options.threads)]
    if width_words > 1:
        parts.insert(0, (careful, some))
    for numbers, texts in parts:
        if numbers.size:
            again = sketched(texts, numbers, 1)
            made.keys[numbers], n_words[numbers] = again.keys, again.n_words
            if made.signatures is not None and again.signatures is not None:
                made.signatures[numbers] = again.signatures
    _demand_more(made.keys, careful, n_words[careful])
    return made


def _demand_more(keys: U64, careful: I64, n_words: npt.NDArray[np.int32]) -> None:
    """Let long blocks share a bucket only when two bands in a row are equal, and some in between for half of the bands.

    Two slips leave a long text more of its words than a short one, and unrelated long texts share many.
    """
    rows = np.flatnonzero(n_words >= _LONG - _BETWEEN)
    if rows.size == 0 or keys.shape[1] < 2:
        return
    own = keys[careful[rows]]
    both = own * np.uint64(GOLDEN)
    both = fmix64(own + np.concatenate((both[:, 1:], both[:, :1]), axis=1))
    between = np.flatnonzero(n_words[rows] < _LONG)
    both[between, 1::2] = own[between, 1::2]
    keys[careful[rows]] = both


def _plain(spans: Spans, numbers: I64, threads: int | None) -> tuple[I64, Spans]:
    """The blocks whose plain form may have other words, by number, and their plain forms."""
    texts = plain_texts(*spans, threads=threads)
    if texts.buffer.size == 0:
        return numbers[:0], spans.take(numbers[:0])
    places = np.flatnonzero(texts.sizes)
    return numbers[places], Spans(texts.buffer, texts.starts[places], texts.ends[places])


class Comparable(NamedTuple):
    """Blocks that can be measured against each other.

    Attributes:
        sets: Their sorted shingle sets: single words where nothing may be lost.
        careful: Array of shape (n_blocks,), bool: blocks that go only when nothing is lost.
        texts: Their texts, in parts that follow each other; None where an index keeps no text, so that nothing but
            the sets can be looked at.
    """

    sets: Shingles
    careful: Bool
    texts: tuple[Spans, ...] | None

    @classmethod
    def of(cls, spans: Spans, recipe: Recipe) -> Comparable:
        """Cut stretches of text, in any order, into shingles."""
        options, none = recipe.options, np.zeros(spans.starts.size, np.bool_)
        if options.lose == "words":
            made = shingle_sets(*spans, width_words=options.width_words, key=recipe.secret, threads=options.threads)
            return cls(made, none, (spans,))
        if none.size == 0:
            return cls(NO_SHINGLES, none, (spans,))
        n_words = none if options.lose == "nothing" else count_words(*spans)
        careful = recipe.is_careful(n_words, spans.ends - spans.starts)
        numbers = np.flatnonzero(careful)
        some, rest = spans.take(numbers), np.flatnonzero(~careful)
        plain, texts = _plain(some, numbers, options.threads)
        is_own = careful.copy()
        is_own[plain] = False
        own = np.flatnonzero(is_own)
        parts = [
            shingle_sets(*which, width_words=width_words, key=recipe.secret, threads=options.threads)
            for which, width_words in (
                (spans.take(own), 1), (texts, 1), (spans.take(rest), options.width_words)
            )
        ]  # fmt: skip
        return cls(concat(parts).take(inverse(np.concatenate((own, plain, rest)))), careful, (spans,))

    def take(self, numbers: I64) -> Comparable:
        """The blocks of these numbers, in the order given."""
        texts = None if self.texts is None else (self.spans(numbers),)
        return Comparable(self.sets.take(numbers), self.careful[numbers], texts)

    def spans(self, numbers: I64) -> Spans:
        """The texts of these numbers in one buffer; of several parts, which may be a whole index, no other is copied."""
        assert self.texts is not None, "an index without texts lets the threshold decide"
        if len(self.texts) == 1:
            return self.texts[0].take(numbers)
        first = np.cumsum([0, *(part.starts.size for part in self.texts)])
        part_of = np.searchsorted(first, numbers, side="right") - 1
        order = np.argsort(part_of, kind="stable")
        chosen = [part.take(numbers[part_of == at] - first[at]) for at, part in enumerate(self.texts)]
        offsets = offsets_of(np.concatenate([numbers[:0], *(part.ends - part.starts for part in chosen)]))
        texts = [gathered(part.buffer, part.starts, part.ends - part.starts) for part in chosen]
        buffer = np.concatenate([np.zeros(0, np.uint8), *texts])
        return Spans(buffer, offsets[:-1], offsets[1:]).take(inverse(order))

    @classmethod
    def concat(cls, parts: Sequence[Comparable]) -> Comparable:
        """The blocks of all parts, part after part."""
        if len(parts) == 1:
            return parts[0]
        texts = [part.texts for part in parts]
        known = None if None in texts else tuple(spans for part in texts if part is not None for spans in part)
        careful = np.concatenate([np.zeros(0, np.bool_), *(part.careful for part in parts)])
        return cls(concat([NO_SHINGLES, *(part.sets for part in parts)]), careful, known)
