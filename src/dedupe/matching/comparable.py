"""What blocks are found and measured by: fingerprints, shingle sets, and the texts themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dedupe.core.hashing import I64, U8, U64
from dedupe.core.ragged import concat
from dedupe.core.shingles import NO_SHINGLES, Shingles
from dedupe.core.sketch import Sketch, shingle_sets, sketch
from dedupe.core.text.batch import Batch
from dedupe.matching.recipe import Recipe
from dedupe.options import Options


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
    """Fingerprint stretches of text, given in ascending order, by the settings of a run; see core.sketch."""
    options = recipe.options
    return sketch(
        *spans, width_words=options.width_words, plan=recipe.plan, seed=options.seed,
        scope=scope, keep_signatures=keep_signatures, threads=options.threads,
    )  # fmt: skip


class Comparable(NamedTuple):
    """Blocks that can be measured against each other.

    Attributes:
        sets: Their sorted shingle sets.
        texts: Their texts, in parts that follow each other; None where an index keeps no text, so that nothing but
            the sets can be looked at.
    """

    sets: Shingles
    texts: tuple[Spans, ...] | None

    @classmethod
    def of(cls, spans: Spans, options: Options) -> Comparable:
        """Cut stretches of text, in any order, into shingles."""
        sets = shingle_sets(*spans, width_words=options.width_words, threads=options.threads)
        return cls(sets, (spans,))

    @classmethod
    def concat(cls, parts: Sequence[Comparable]) -> Comparable:
        """The blocks of all parts, part after part."""
        texts = [part.texts for part in parts]
        known = None if None in texts else tuple(spans for part in texts if part is not None for spans in part)
        return cls(concat([NO_SHINGLES, *(part.sets for part in parts)]), known)
