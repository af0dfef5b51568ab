"""Copies planted in a collection, with the truth about them: what `dedupe eval` and the benchmarks measure by."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dedupe.core.hashing import F64, I64
from dedupe.errors import OptionError, nearest
from dedupe.verbs.edits import EDITS

# Strengths at which each kind is planted: the share of words, sentences or characters that it touches.
STRENGTHS: Mapping[str, tuple[float, ...]] = {
    "exact": (1.0,),
    "words": (0.01, 0.03, 0.05, 0.1, 0.2, 0.3),
    "head": (0.05, 0.2, 0.5),
    "tail": (0.05, 0.2, 0.5),
    "shuffle": (0.3, 1.0),
    "drop": (0.1, 0.3),
    "merge": (0.3, 1.0),
    "wrap": (0.5, 1.0),
    "case": (0.3, 1.0),
    "punctuation": (0.3, 1.0),
    "unicode": (0.3, 1.0),
    "ocr": (0.005, 0.02),
    "numbers": (0.5, 1.0),
}


class Planted(NamedTuple):
    """A collection with copies in it.

    Attributes:
        texts: The originals in their order, then the copies.
        source: Array of shape (n_texts,), int64: number of the original; of an original its own.
        kinds: Kind of edit of each text; "" for an original.
        strengths: Array of shape (n_texts,), float64: strength of the edit; 0 for an original.
    """

    texts: list[str]
    source: I64
    kinds: list[str]
    strengths: F64


def plant(
    texts: Sequence[str],
    *,
    rate: float = 0.2,
    strengths: Mapping[str, Sequence[float]] = STRENGTHS,
    seed: int = 1,
) -> Planted:
    """Add edited copies of some of the texts.

    The edits are dealt out in turn, so each kind and strength is planted equally often.
    Words that an edit adds come from another text of the collection.

    Args:
        texts: The originals; texts without a letter or digit are never copied.
        rate: Copies per original, above 0.
        strengths: The kinds of edit, each with its strengths, 0–1.
        seed: Seed of every draw, 0 to 2**32 - 1.

    Returns:
        Originals and copies, with the truth. The same arguments give the same copies on every machine.

    Raises:
        OptionError: `rate` or a strength is out of range, or a kind is unknown.

    Examples:
        >>> planted = plant(["A cat sat.", "Dogs bark."], rate=0.5, strengths={"case": [1.0]})
        >>> planted.texts[2:], planted.source.tolist()
        (['A CAT SAT.'], [0, 1, 0])
    """
    cells = _cells(strengths)
    if not rate > 0:
        raise OptionError(f"rate must be above 0 (copies per text, 0.2 is one for five texts), got {rate!r}")
    draw = np.random.RandomState(seed)
    usable = [number for number, text in enumerate(texts) if any(c.isalnum() for c in text)]
    count = round(rate * len(texts)) if usable else 0
    # each text is copied once before any is copied again
    turns = [draw.permutation(len(usable)) for _ in range(-(-count // max(len(usable), 1)))]
    chosen = [usable[i] for i in np.concatenate([*turns, np.zeros(0, np.int64)])[:count].astype(int).tolist()]
    copies = []
    for turn, number in enumerate(chosen):
        kind, strength = cells[turn % len(cells)]
        # never the text itself, unless it is alone: words that it has already would not be an edit
        place = bisect_left(usable, number)
        donor = texts[usable[(place + 1 + draw.randint(max(len(usable) - 1, 1))) % len(usable)]]
        copies.append(EDITS[kind](texts[number], strength, draw, donor))
    dealt = [cells[turn % len(cells)] for turn in range(count)]
    return Planted(
        [*texts, *copies],
        np.concatenate((np.arange(len(texts)), np.array(chosen, np.int64))),
        [""] * len(texts) + [kind for kind, _ in dealt],
        np.concatenate((np.zeros(len(texts)), np.array([strength for _, strength in dealt], float))),
    )


def _cells(strengths: Mapping[str, Sequence[float]]) -> list[tuple[str, float]]:
    for kind, levels in strengths.items():
        if kind not in EDITS:
            raise OptionError(f"unknown kind of edit {kind!r}; known: {', '.join(EDITS)}{nearest(kind, EDITS)}")
        for level in levels:
            if not 0 <= level <= 1:
                raise OptionError(f"the strength of {kind!r} must be between 0 and 1, got {level!r}")
    cells = [(kind, float(level)) for kind, levels in strengths.items() for level in levels]
    if not cells:
        raise OptionError("strengths must name at least one kind of edit; leave it out for all kinds")
    return cells
