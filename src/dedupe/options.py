"""Every knob once: meaning, unit, default and why."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from dedupe.errors import OptionError, nearest

if TYPE_CHECKING:
    from dedupe.results import Block

__all__ = ["Options", "Settings"]

Unit = Literal["paragraph", "line", "sentence", "document"]
Measure = Literal["jaccard", "containment", "ratio", "weighted", "coverage"]
Linkage = Literal["survivor", "complete", "average", "single"]
Pairs = Literal["survivors", "all"]

_NAMES: dict[str, tuple[str, ...]] = {
    "unit": ("paragraph", "line", "sentence", "document"),
    "measure": ("jaccard", "containment", "ratio", "weighted", "coverage"),
    "linkage": ("survivor", "complete", "average", "single"),
    "pairs": ("survivors", "all"),
    "keep": ("first", "last", "longest"),
}


# Thresholds and linkages that fit a measure; figures in docs/options.md.
_THRESHOLDS = {"weighted": 0.26, "coverage": 0.2}
_LINKAGES = {"weighted": "complete"}
_COLUMN_POLICIES = ("newest", "oldest", "highest")


class Settings(TypedDict, total=False):
    """The keyword arguments of every verb; see :class:`Options` for what they mean."""

    unit: Unit
    measure: Measure
    threshold: float
    linkage: Linkage
    width_words: int
    recall: float
    keep: str | Callable[[Block], float]
    pairs: Pairs
    min_words: int
    seed: int
    threads: int | None


@dataclass(frozen=True)
class Options:
    """All settings of a run.

    Attributes:
        unit: What is compared: ``paragraph``, ``line``, ``sentence`` or ``document``.
        measure: How alike two blocks are, 0–1: ``jaccard`` (shared shingles over all), ``containment`` (share of the
            duplicate's shingles that the survivor has), ``ratio`` (alignment of the folded text, by rapidfuzz),
            ``weighted`` (shared words over all, each by its rarity in the collection: template text counts little),
            ``coverage`` (the same facts in other words: matches between documents, and no duplicates).
        threshold: Similarity from which a block is a duplicate, above 0 up to 1. None takes the one that fits the
            measure: 0.26 for ``weighted``, 0.2 for ``coverage``, 0.7 otherwise.
        linkage: How matches make clusters: ``survivor`` (each duplicate matches the block that stays), ``complete``
            (all of a cluster match each other), ``average`` (they match on average), ``single`` (a chain of matches
            is enough). None takes ``complete`` for ``weighted``, ``survivor`` otherwise.
        width_words: Words per shingle, 1–64. More words make the measure stricter about order and edits.
        recall: Share of the pairs at the threshold that must be compared, above 0 and below 1.
        keep: Which of two duplicates stays: ``first``, ``last``, ``longest`` (most characters), or a function that
            takes a Block and returns a number, the highest stays. For frames also ``newest:column``, ``oldest:column``
            and ``highest:column``. Ties go to the earliest.
        pairs: ``survivors`` lists each duplicate with its survivor, ``all`` every matching pair.
        min_words: Blocks with fewer words are only compared for being identical, as each verb describes.
        seed: Seed of the signatures, 0 to 2**32 - 1. It moves which pairs below the full recall are found, nothing else.
        threads: Threads to use; None takes all processors. The result does not depend on it.
    """

    unit: Unit = "paragraph"
    measure: Measure = "jaccard"
    threshold: float = None  # type: ignore[assignment]  # set for the measure when the options are made
    linkage: Linkage = None  # type: ignore[assignment]  # likewise
    width_words: int = 3
    recall: float = 0.99
    keep: str | Callable[[Block], float] = "first"
    pairs: Pairs = "survivors"
    min_words: int = 0
    seed: int = 1
    threads: int | None = None

    def __post_init__(self) -> None:
        """Check each value at the door.

        Raises:
            OptionError: A value breaks its rule; the message has the value, the rule and the nearest valid one.
        """
        if self.threshold is None:
            object.__setattr__(self, "threshold", _THRESHOLDS.get(self.measure, 0.7))
        if self.linkage is None:
            object.__setattr__(self, "linkage", _LINKAGES.get(self.measure, "survivor"))
        for name, allowed in _NAMES.items():
            value = getattr(self, name)
            if value not in allowed and not (name == "keep" and (callable(value) or column_policy(value))):
                also = ", newest:column, oldest:column, highest:column or a function of a Block" * (name == "keep")
                listed = ", ".join(repr(choice) for choice in allowed)
                raise OptionError(f"{name} must be one of {listed}{also}, got {value!r}{nearest(value, allowed)}")
        if self.linkage != "survivor" and self.measure not in ("jaccard", "weighted"):
            raise OptionError(
                f"linkage={self.linkage!r} needs the measure 'jaccard' or 'weighted', got {self.measure!r}; "
                "with others each duplicate is compared with its survivor alone: linkage='survivor'"
            )
        _check_share("threshold", self.threshold, closed=True)
        _check_share("recall", self.recall, closed=False)
        _check_whole("width_words", self.width_words, 1, 64)
        _check_whole("min_words", self.min_words, 0, 1 << 31)
        _check_whole("seed", self.seed, 0, (1 << 32) - 1)
        if self.threads is not None:
            _check_whole("threads", self.threads, 1, 1024)

    @classmethod
    def of(cls, given: Options | None, settings: Settings, **defaults: Any) -> Options:
        """Make options from what a verb was called with.

        Args:
            given: The ``options=`` argument, or None.
            settings: The keyword arguments.
            **defaults: The verb's own defaults.

        Raises:
            OptionError: Both were given, a keyword is unknown, or a value breaks its rule.
        """
        if given is not None:
            if not isinstance(given, cls):
                raise OptionError(f"options must be a dedupe.Options, got {type(given).__name__}: {given!r}")
            if settings:
                raise OptionError(
                    f"options= and {next(iter(settings))}= were both given; use dataclasses.replace(options, …) instead"
                )
            return given
        if not settings:
            return _defaults(tuple(defaults.items()))
        known = [field.name for field in fields(cls)]
        for name in settings:
            if name not in known:
                raise OptionError(f"unknown option {name!r}; known: {', '.join(known)}{nearest(name, known)}")
        if settings.get("measure", "jaccard") != "jaccard":
            defaults.pop("threshold", None)  # it was meant for Jaccard
        return cls(**{**defaults, **settings})


def check_walk(options: Options, where: str) -> None:
    """Refuse what only a collection in memory can be asked for; elsewhere blocks are decided by the walk alone.

    Args:
        options: The settings.
        where: Start of the message, as in ``on a cluster``.

    Raises:
        OptionError: The measure, the linkage or the pairs are others than the walk's.
    """
    for name, only in (("measure", "jaccard"), ("linkage", "survivor"), ("pairs", "survivors")):
        value = getattr(options, name)
        if value != only:
            raise OptionError(
                f"{where} {name} must be {only!r}, got {value!r}; use dedupe.find for texts that fit into memory"
            )


@lru_cache(maxsize=16)
def _defaults(items: tuple[tuple[str, Any], ...]) -> Options:
    """A verb's own defaults, checked once."""
    return Options(**dict(items))


def column_policy(keep: object) -> tuple[str, str] | None:
    """Split a policy that names a column of a frame, as in ``newest:published``; None for any other policy."""
    kind, colon, column = keep.partition(":") if isinstance(keep, str) else ("", "", "")
    return (kind, column) if colon and column and kind in _COLUMN_POLICIES else None


def _check_share(name: str, value: object, *, closed: bool) -> None:
    rule = f"{name} must be a number above 0 and {'up to' if closed else 'below'} 1"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise OptionError(f"{rule}, got {value!r}")
    number = float(value)
    if 0.0 < number < 1.0 or (closed and number == 1.0):
        return
    hint = f"; for {number:g} % write {number / 100:g}" if 1.0 < number <= 100.0 else ""
    if not hint and not math.isnan(number):
        hint = "; the nearest useful value is " + ("0.01" if number <= 0 else ("1.0" if closed else "0.999"))
    raise OptionError(f"{rule}, got {value!r}{hint}")


def _check_whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or not low <= int(value) <= high:
        hint = ""
        if isinstance(value, numbers.Real) and not isinstance(value, bool) and not math.isnan(float(value)):
            hint = f"; the nearest valid value is {min(max(round(min(float(value), high)), low), high)}"
        raise OptionError(f"{name} must be a whole number from {low} to {high}, got {value!r}{hint}")
