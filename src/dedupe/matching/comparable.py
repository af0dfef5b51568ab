"""What blocks are found and measured by: fingerprints, shingle sets, and the texts themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dedupe.core.hashing import I64, U8, U64, Bool, fmix64, inverse
from dedupe.core.meaning.plain_hash import plain_hashes
from dedupe.core.ragged import concat
from dedupe.core.shingles import NO_SHINGLES, Shingles
from dedupe.core.sketch import Sketch, count_words, in_pieces, shingle_sets, sketch
from dedupe.core.text.batch import Batch
from dedupe.matching.recipe import Recipe


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

    Blocks that go only when nothing is lost are found by single words, so that slips do not hide a copy, and their
    text hashes stand for all that they say, symbols too.
    """
    options = recipe.options
    how: dict[str, Any] = {"plan": recipe.plan, "seed": options.seed, "keep_signatures": keep_signatures}
    how["threads"] = options.threads
    if options.lose == "nothing":
        made = sketch(*spans, width_words=1, scope=scope, **how)
        _name_by_meaning(made.text_hashes, spans, slice(None), recipe)
        return made
    made = sketch(*spans, width_words=options.width_words, scope=scope, **how)
    careful = np.flatnonzero(recipe.is_careful(made.n_words))
    if careful.size:
        _name_by_meaning(made.text_hashes, spans.take(careful), careful, recipe)
        again = sketch(*spans.take(careful), width_words=1, scope=None if scope is None else scope[careful], **how)
        made.keys[careful] = again.keys
        if made.signatures is not None and again.signatures is not None:
            made.signatures[careful] = again.signatures
    return made


def _name_by_meaning(hashes: U64, spans: Spans, numbers: I64 | slice, recipe: Recipe) -> None:
    """Let the text hashes of some blocks, whose texts are `spans`, be equal only when they say the same."""
    said = np.concatenate(
        [np.zeros((0, 2), np.uint64), *in_pieces(
            lambda piece: plain_hashes(spans.buffer, spans.starts[piece], spans.ends[piece], seed=recipe.options.seed),
            spans.starts, spans.ends, recipe.options.threads,
        )]
    )  # fmt: skip
    hashes[numbers] = fmix64(hashes[numbers] + said)


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
            return cls(shingle_sets(*spans, width_words=options.width_words, threads=options.threads), none, (spans,))
        careful = ~none if options.lose == "nothing" else recipe.is_careful(count_words(*spans))
        parts = []
        for width_words, numbers in ((1, np.flatnonzero(careful)), (options.width_words, np.flatnonzero(~careful))):
            if numbers.size == careful.size:
                return cls(shingle_sets(*spans, width_words=width_words, threads=options.threads), careful, (spans,))
            parts.append(
                (numbers, shingle_sets(*spans.take(numbers), width_words=width_words, threads=options.threads))
            )
        back = inverse(np.concatenate([numbers for numbers, _ in parts]))
        return cls(concat([sets for _, sets in parts]).take(back), careful, (spans,))

    def take(self, numbers: I64) -> Comparable:
        """The blocks of these numbers, in the order given."""
        texts = None if self.texts is None else (self.spans().take(numbers),)
        return Comparable(self.sets.take(numbers), self.careful[numbers], texts)

    def spans(self) -> Spans:
        """The texts in one buffer."""
        assert self.texts is not None, "an index without texts lets the threshold decide"
        if len(self.texts) == 1:
            return self.texts[0]
        begins = np.cumsum([0, *(part.buffer.size for part in self.texts)])
        return Spans(
            np.concatenate([part.buffer for part in self.texts]),
            np.concatenate([part.starts + begin for part, begin in zip(self.texts, begins, strict=False)]),
            np.concatenate([part.ends + begin for part, begin in zip(self.texts, begins, strict=False)]),
        )

    @classmethod
    def concat(cls, parts: Sequence[Comparable]) -> Comparable:
        """The blocks of all parts, part after part."""
        texts = [part.texts for part in parts]
        known = None if None in texts else tuple(spans for part in texts if part is not None for spans in part)
        careful = np.concatenate([np.zeros(0, np.bool_), *(part.careful for part in parts)])
        return cls(concat([NO_SHINGLES, *(part.sets for part in parts)]), careful, known)
