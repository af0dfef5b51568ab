"""What the verbs take from a text that stands beside its edited copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Literal

import dedupe
from benchmarks.same_or_other.kinds import Kind, Pair
from benchmarks.same_or_other.language import Language

Verb = Literal["clean", "unique"]
VERBS: tuple[Verb, ...] = ("clean", "unique")
_GAP = "\n\n"


def pairs_of(kind: Kind, language: Language, seed: int) -> list[tuple[Pair, Sequence[str]]]:
    """Each text that a kind applies to, with its copy and three other texts to stand around them."""
    pairs = []
    for number, text in enumerate(language.texts):
        draw = Random(f"{seed} {language.code} {kind.name} {number}")
        pair = kind.pair(text, draw, language)
        if pair is not None:
            pairs.append((pair, draw.sample([other for other in language.texts if other != text], 3)))
    return pairs


def share_taken(
    verb: Verb, kind: Kind, pairs: Sequence[tuple[Pair, Sequence[str]]], options: Mapping[str, Any]
) -> float:
    """The share of pairs from which a verb takes: what is said, or a copy that says the same.

    Args:
        verb: `clean` sees each pair in a text of its own, between other paragraphs; `unique` sees all texts at once.
        kind: Of an *other fact*, any change to a text that says something else counts; of the *same fact*, only a
            copy that went whole counts.
        pairs: See :func:`pairs_of`; at least one.
        options: Handed to the verb.

    Returns:
        0-1.
    """
    if verb == "clean":
        taken = [is_taken(kind, pair, _cleaned(pair, around, options)) for pair, around in pairs]
    else:
        texts = [pair.text for pair, _ in pairs] + [pair.copy for pair, _ in pairs]
        kept = list(dedupe.unique(texts, **options))
        taken = [is_taken(kind, pair, kept) for pair, _ in pairs]
    return sum(taken) / len(taken)


def _cleaned(pair: Pair, around: Sequence[str], options: Mapping[str, Any]) -> list[str]:
    """The paragraphs that stay of a text with both."""
    text = _GAP.join([around[0], pair.text, around[1], pair.copy, around[2]])
    return dedupe.clean(text, **options).split(_GAP)


def is_taken(kind: Kind, pair: Pair, kept: Sequence[str]) -> bool:
    """Whether what stays of a pair lost something that is said, or, of the same fact, is down to one of the two."""
    if kind.sort == "same fact":
        return (pair.text in kept) != (pair.copy in kept) and not _is_cut(pair, kept)
    needed = {"both": {pair.text, pair.copy}, "text": {pair.text}, "copy": {pair.copy}}[kind.fuller]
    return not needed <= set(kept)


def _is_cut(pair: Pair, kept: Sequence[str]) -> bool:
    """Whether a part of the text or of its copy stayed beside the other."""
    whole = {pair.text, pair.copy}
    lines = {line for text in whole for line in text.split("\n")}
    return any(text not in whole and lines & set(text.split("\n")) for text in kept)
