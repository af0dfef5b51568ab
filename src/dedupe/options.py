"""Every knob once: meaning, unit, default and why."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict, get_args

from dedupe.errors import OptionError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dedupe.results import Block

__all__ = ["DESCRIPTIONS", "Description", "Options", "Settings"]

Unit = Literal["paragraph", "line", "sentence", "document"]
Measure = Literal["jaccard", "containment", "ratio", "weighted", "coverage"]
Linkage = Literal["survivor", "complete", "average", "single"]
Pairs = Literal["survivors", "all"]
Lose = Literal["nothing", "short", "words"]

# Thresholds and linkages that fit a measure; figures in docs/options.md.
THRESHOLDS = {"jaccard": 0.7, "containment": 0.7, "ratio": 0.7, "weighted": 0.26, "coverage": 0.2}
LINKAGES = {"weighted": "complete"}
WIDTH_WORDS = 3
COLUMN_POLICIES = ("newest", "oldest", "highest")


class Description(NamedTuple):
    """What an option may be and what it means, for checks, the command line and the docs.

    Attributes:
        kind: Type of a value on the command line.
        help: What it means, in one line without a full stop.
        choices: The names that it takes; empty for a number.
        low: Lowest value of a number; a share must be above it.
        high: Highest value of a number.
        is_open: The highest value itself is no valid one.
        unset: None is a valid value.
    """

    kind: type
    help: str
    choices: tuple[str, ...] = ()
    low: float = 0
    high: float = 1
    is_open: bool = False
    unset: bool = False

    @property
    def values(self) -> str:
        """The valid values, in words."""
        if self.choices:
            return ", ".join(self.choices)
        if self.kind is float:
            return f"above {self.low:g} {'and below' if self.is_open else 'up to'} {self.high:g}"
        return f"{self.low:.0f} to {self.high:.0f}"

    def check(self, name: str, value: object) -> None:
        """Refuse a value that breaks the rule.

        Raises:
            OptionError: It does; the message has the value, the rule and the nearest valid one.
        """
        if value is None and self.unset:
            return
        if self.choices:
            self._check_choice(name, value)
        elif self.kind is float:
            self._check_share(name, value)
        else:
            self._check_whole(name, value)

    def _check_choice(self, name: str, value: object) -> None:
        if value in self.choices or (name == "keep" and (callable(value) or column_policy(value))):
            return
        also = ", newest:column, oldest:column, highest:column or a function of a Block" * (name == "keep")
        raise OptionError(
            f"{name} must be one of {listed(self.choices)}{also}, got {value!r}{nearest(value, self.choices)}"
        )

    def _check_share(self, name: str, value: object) -> None:
        rule = f"{name} must be a number above 0 and {'below' if self.is_open else 'up to'} 1"
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise OptionError(f"{rule}, got {value!r}")
        number = float(value)
        if 0.0 < number < 1.0 or (number == 1.0 and not self.is_open):
            return
        hint = f"; for {number:g} % write {number / 100:g}" if 1.0 < number <= 100.0 else ""
        if not hint and not math.isnan(number):
            hint = "; the nearest useful value is " + ("0.01" if number <= 0 else "0.999" if self.is_open else "1.0")
        raise OptionError(f"{rule}, got {value!r}{hint}")

    def _check_whole(self, name: str, value: object) -> None:
        low, high = int(self.low), int(self.high)
        if not isinstance(value, bool) and isinstance(value, numbers.Integral) and low <= int(value) <= high:
            return
        hint = ""
        if isinstance(value, numbers.Real) and not isinstance(value, bool) and not math.isnan(float(value)):
            hint = f"; the nearest valid value is {min(max(round(min(float(value), high)), low), high)}"
        raise OptionError(f"{name} must be a whole number from {low} to {high}, got {value!r}{hint}")


def listed(choices: tuple[object, ...]) -> str:
    """Names for a message, as in ``'drop', 'keep'``."""
    return ", ".join(map(repr, choices))


def on_error_of(value: object, *choices: str) -> str:
    """Check what is to happen to bad input; ``stop`` is the former name of ``raise``.

    Raises:
        OptionError: It is none of the choices.
    """
    if value == "stop":
        return "raise"
    if value not in choices:
        raise OptionError(f"on_error must be one of {listed(choices)}, got {value!r}{nearest(value, choices)}")
    return str(value)


def _about(kind: type, help: str, **rule: Any) -> dict[str, Description]:
    """The metadata of a field of Options: its description."""
    return {"description": Description(kind, help, **rule)}


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
    lose: Lose
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
        width_words: Words per shingle, 1–64. More words make the measure stricter about order and edits. Where nothing
            may be lost single words are looked at, so that another width is refused with ``lose="nothing"``.
        recall: Share of the pairs at the threshold that must be compared, above 0 and below 1.
        keep: Which of two duplicates stays: ``first``, ``last``, ``longest`` (most characters), or a function that
            takes a Block and returns a number, the highest stays. For frames also ``newest:column``, ``oldest:column``
            and ``highest:column``. Ties go to the earliest.
        pairs: ``survivors`` lists each duplicate with its survivor, ``all`` every matching pair.
        min_words: Blocks with fewer words stay, equal to another or not, and nothing goes because of them; inside one
            text they go beside a repeat, as :func:`dedupe.clean` says.
        lose: What may go with a copy. ``nothing``: a block goes only when its survivor says all that it says: they
            differ in form alone (case, spaces, punctuation, quotes, accents left out, misspellings, …), or the survivor
            has whole sentences more; docs/meaning.md has the rules. ``words``: the threshold alone decides. ``short``:
            ``nothing`` for blocks of up to 50 words, ``words`` for longer ones. None takes ``short`` for documents and
            ``nothing`` for smaller units, and ``words`` for measures and linkages other than the usual ones.
        seed: Seed of the signatures, 0 to 2**32 - 1. It moves which pairs below the full recall are found, nothing else.
            Where strangers fill a collection, keep one secret: nobody can make texts that fill a bucket then.
        threads: Threads to use; None takes all processors. The result does not depend on it.
    """

    unit: Unit = field(default="paragraph", metadata=_about(str, "What is compared", choices=get_args(Unit)))
    measure: Measure = field(default="jaccard", metadata=_about(str, "How alike", choices=get_args(Measure)))
    threshold: float = field(  # type: ignore[assignment]  # None only until the options are made
        default=None,
        metadata=_about(float, "Similarity from which a block is a duplicate", unset=True),
    )
    linkage: Linkage = field(
        default=None,  # type: ignore[arg-type]  # likewise
        metadata=_about(str, "How matches make clusters", choices=get_args(Linkage), unset=True),
    )
    width_words: int = field(default=WIDTH_WORDS, metadata=_about(int, "Words per shingle", low=1, high=64))
    recall: float = field(
        default=0.99, metadata=_about(float, "Share of the pairs at the threshold that must be compared", is_open=True)
    )
    keep: str | Callable[[Block], float] = field(
        default="first", metadata=_about(str, "Which copy stays", choices=("first", "last", "longest"))
    )
    pairs: Pairs = field(
        default="survivors", metadata=_about(str, "Matches to list: with survivors, or all", choices=get_args(Pairs))
    )
    min_words: int = field(default=0, metadata=_about(int, "Blocks with fewer words stay, equal or not", high=1 << 31))
    lose: Lose = field(
        default=None,  # type: ignore[arg-type]  # set for the unit when the options are made
        metadata=_about(str, "What may go with a copy", choices=get_args(Lose), unset=True),
    )
    seed: int = field(default=1, metadata=_about(int, "Seed of the signatures", high=(1 << 32) - 1))
    threads: int | None = field(
        default=None, metadata=_about(int, "Threads; the result does not depend on it", low=1, high=1024, unset=True)
    )

    def __post_init__(self) -> None:
        """Check each value at the door.

        Raises:
            OptionError: A value breaks its rule; the message has the value, the rule and the nearest valid one.
        """
        for name, description in DESCRIPTIONS.items():
            description.check(name, getattr(self, name))
        if self.threshold is None:
            object.__setattr__(self, "threshold", THRESHOLDS[self.measure])
        if self.linkage is None:
            object.__setattr__(self, "linkage", LINKAGES.get(self.measure, "survivor"))
        if self.linkage != "survivor" and self.measure not in ("jaccard", "weighted"):
            raise OptionError(
                f"linkage={self.linkage!r} needs the measure 'jaccard' or 'weighted', got {self.measure!r}; "
                "with others each duplicate is compared with its survivor alone: linkage='survivor'"
            )
        self._settle_lose()

    def _settle_lose(self) -> None:
        """Choose what may be lost, and refuse what cannot be kept."""
        is_usual = self.measure == "jaccard" and self.linkage == "survivor"
        if self.lose is None:
            usual = "short" if self.unit == "document" else "nothing"
            object.__setattr__(self, "lose", usual if is_usual else "words")
        elif self.lose != "words" and not is_usual:
            raise OptionError(
                f"lose={self.lose!r} needs measure='jaccard' and linkage='survivor', got measure={self.measure!r} and "
                f"linkage={self.linkage!r}; with others the threshold decides: lose='words'"
            )
        if self.lose == "nothing" and self.width_words != WIDTH_WORDS:
            raise OptionError(
                f"width_words={self.width_words!r} has no effect with lose='nothing', which looks at single words; "
                "leave width_words out, or add lose='words' to let the threshold alone decide"
            )

    def to_dict(self) -> dict[str, Any]:
        """The options as values that JSON can hold; a keep function becomes its name."""
        values = {name: getattr(self, name) for name in DESCRIPTIONS}
        if callable(self.keep):
            values["keep"] = getattr(self.keep, "__qualname__", repr(self.keep))
        return values

    @classmethod
    def of(
        cls,
        given: Options | None,
        settings: Mapping[str, Any],
        defaults: Mapping[str, Any],
        known: tuple[str, ...] = (),
    ) -> Options:
        """Make options from what a verb was called with.

        Args:
            given: The ``options=`` argument, or None.
            settings: The keyword arguments.
            defaults: The verb's own defaults.
            known: Other keywords that the verb takes, for the message about an unknown one.

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
        names = (*known, *DESCRIPTIONS)
        for name in settings:
            if name not in DESCRIPTIONS:
                raise OptionError(f"unknown option {name!r}; known: {', '.join(names)}{nearest(name, names)}")
        if settings.get("measure", "jaccard") != "jaccard":
            defaults = {name: value for name, value in defaults.items() if name != "threshold"}  # meant for Jaccard
        return cls(**{**defaults, **settings})


DESCRIPTIONS: dict[str, Description] = {field.name: field.metadata["description"] for field in fields(Options)}


def column_policy(keep: object) -> tuple[str, str] | None:
    """Split a policy that names a column of a frame, as in ``newest:published``; None for any other policy."""
    kind, colon, column = keep.partition(":") if isinstance(keep, str) else ("", "", "")
    return (kind, column) if colon and column and kind in COLUMN_POLICIES else None
