"""Expected recall and precision on a user's own texts: plant copies, find them, count."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from dedupe.core.clustering import linkage
from dedupe.core.hashing import F64, I64, Bool
from dedupe.core.measures.similarity import pair_similarities, ranked
from dedupe.core.text.batch import Batch, encode
from dedupe.inputs.documents import collect
from dedupe.inputs.sizes import peak_memory_bytes
from dedupe.matching.comparable import Comparable, Spans
from dedupe.matching.deciding import judged
from dedupe.matching.recipe import Recipe
from dedupe.options import Options, Settings
from dedupe.verbs.find import find_documents
from dedupe.verbs.plant import STRENGTHS, Planted, plant

__all__ = ["Evaluation", "Kind", "evaluate"]


@dataclass(frozen=True)
class Kind:
    """How one kind of edit fared.

    Attributes:
        kind: Of the edit, as in `dedupe.verbs.edits`.
        strength: Share of words, sentences or characters that it touched, 0–1.
        planted: Copies planted.
        found: Of these, copies that were put with their original.
        similarity: Median exact Jaccard similarity of copy and original, 0–1, whatever it is that differs.
    """

    kind: str
    strength: float
    planted: int
    found: int
    similarity: float


@dataclass(frozen=True)
class Evaluation:
    """What to expect of a setting on these texts.

    Attributes:
        texts: Texts given.
        planted: Copies added.
        found: Copies that were put with their original.
        reaching: Copies that must be found: what stays of the original (itself, or its own survivor) has an exact
            Jaccard similarity at the threshold or above, and says all that they say where nothing may be lost; None
            when another measure was asked for.
        reaching_found: Of these, copies found.
        wrong: Copies that were put with a text that is no relative of their original.
        kinds: The same per kind of edit and strength.
        elapsed_s: Time to find, seconds.
        peak_bytes: Peak memory of the whole process; None where the system does not say.
        settings: The options, as plain values.
    """

    texts: int
    planted: int
    found: int
    reaching: int | None
    reaching_found: int | None
    wrong: int
    kinds: tuple[Kind, ...]
    elapsed_s: float
    peak_bytes: int | None
    settings: Mapping[str, Any]

    @property
    def recall(self) -> float:
        """Share of all planted copies that were found, 0–1; 0 when none was planted."""
        return self.found / self.planted if self.planted else 0.0

    @property
    def recall_at_threshold(self) -> float | None:
        """Share found of the copies that must be found, 0–1; None when there are none to tell from."""
        return self.reaching_found / self.reaching if self.reaching and self.reaching_found is not None else None

    @property
    def precision(self) -> float | None:
        """Share of the copies put anywhere that were put with a relative, 0–1; None when none was."""
        claimed = self.found + self.wrong
        return self.found / claimed if claimed else None

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, for JSON."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in ("kinds", "settings")}
        return {
            "format": "dedupe.evaluation",
            "version": 1,
            **plain,
            "recall": self.recall,
            "recall_at_threshold": self.recall_at_threshold,
            "precision": self.precision,
            "kinds": [dict(vars(kind)) for kind in self.kinds],
            "settings": dict(self.settings),
        }


def evaluate(
    docs: object,
    *,
    text: Any = None,
    rate: float = 0.2,
    strengths: Mapping[str, Sequence[float]] = STRENGTHS,
    options: Options | None = None,
    **settings: Unpack[Settings],
) -> Evaluation:
    """Plant edited copies among texts, find them, and say how many were found and put in the right place.

    The texts' own duplicates are no mistake: texts that are found to be alike are one family.

    Args:
        docs: Any collection of str, or a frame, as for :func:`dedupe.find`.
        text: The text column of a frame.
        rate: Copies per text, above 0.
        strengths: Kinds of edit, each with its strengths, 0–1.
        options: All settings in one object, instead of keywords.
        **settings: The fields of :class:`dedupe.Options`; `seed` also draws the copies, the unit is ``document``.

    Returns:
        The counts, recall and precision.

    Raises:
        InputError: `docs` is no collection of str.
        OptionError: A setting, `rate` or a strength breaks its rule, another unit was asked for, or a measure that
            finds no duplicates.

    Examples:
        >>> texts = [f"a text of its own about the number {n} and about {n * n}" for n in range(40)]
        >>> evaluate(texts, rate=0.5, strengths={"case": [1.0]}).recall
        1.0
    """
    recipe = Recipe.of("evaluate", options, settings)
    chosen = recipe.options
    documents = collect(docs, text)
    planted = plant(documents.texts, rate=rate, strengths=strengths, seed=chosen.seed)
    begin = time.perf_counter()
    found = find_documents(collect(planted.texts), recipe)
    elapsed = time.perf_counter() - begin
    survivor = found.by_document()["survivor"]
    is_right, is_wrong = _judge(planted, len(documents.texts), survivor)
    copies = np.arange(len(documents.texts), len(planted.texts))
    batch = encode(planted.texts)
    similarity = _similarities(batch, planted.source, recipe.but(lose="words"))
    reaches = None
    if chosen.measure == "jaccard":
        reaches = _similarities(batch, survivor[planted.source], recipe)[copies] >= chosen.threshold
    return Evaluation(
        texts=len(documents.texts),
        planted=copies.size,
        found=int(is_right.sum()),
        reaching=None if reaches is None else int(reaches.sum()),
        reaching_found=None if reaches is None else int((reaches & is_right[copies]).sum()),
        wrong=int(is_wrong.sum()),
        kinds=_by_kind(planted, copies, is_right, similarity),
        elapsed_s=elapsed,
        peak_bytes=peak_memory_bytes(),
        settings=chosen.to_dict(),
    )


def _judge(planted: Planted, n_texts: int, survivor: I64) -> tuple[Bool, Bool]:
    """Which copies share a cluster with a relative, and which were put with others only.

    Args:
        planted: Texts and truth.
        n_texts: How many of them are originals.
        survivor: Array of shape (n_planted,), int64: survivor of each text, itself when it stays.

    Returns:
        Two bool arrays of shape (n_planted,), False for originals.
    """
    # originals that share a cluster are one family, by what was found among them
    old = np.arange(n_texts)
    first = np.full(survivor.size, -1)
    first[survivor[old[::-1]]] = old[::-1]
    family = linkage.single(n_texts, old, first[survivor[old]])[planted.source]
    _, place, counts = np.unique(survivor * survivor.size + family, return_inverse=True, return_counts=True)
    relatives = counts[place] - 1
    members = np.bincount(survivor, minlength=survivor.size)[survivor] - 1
    is_copy = np.arange(survivor.size) >= n_texts
    return is_copy & (relatives > 0), is_copy & (relatives == 0) & (members > 0)


def _similarities(batch: Batch, partners: I64, recipe: Recipe) -> F64:
    """Similarity of each text to its partner, which is to stay; 0 where that would lose what may not be lost."""
    texts, own = Comparable.of(Spans.whole(batch), recipe), np.arange(partners.size)
    return judged(pair_similarities(ranked(texts.sets), partners, own), texts, partners, own, recipe)


def _by_kind(planted: Planted, copies: I64, is_right: Bool, similarity: F64) -> tuple[Kind, ...]:
    groups: dict[tuple[str, float], list[int]] = {}
    for number in copies.tolist():
        groups.setdefault((planted.kinds[number], float(planted.strengths[number])), []).append(number)
    return tuple(
        Kind(kind, strength, len(mine), int(is_right[mine].sum()), round(float(np.median(similarity[mine])), 4))
        for (kind, strength), mine in groups.items()
    )
