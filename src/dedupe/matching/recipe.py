"""What a run decides by, resolved once: options, the verb's defaults, band plan, leader limit, and what fits where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from dedupe.core import bands
from dedupe.core.bands import Plan
from dedupe.core.clustering.survivors import LEADERS
from dedupe.core.hashing import key_of_seed, process_key
from dedupe.errors import OptionError
from dedupe.options import DESCRIPTIONS, Options, column_policy, listed

# Inside one document authors repeat a sentence pattern with other facts, so matching is stricter than across
# documents; and up to seven words are a heading, a refrain or a table cell. Figures: docs/options.md.
_PARTS: dict[str, Any] = {"threshold": 0.8, "min_words": 8}
_WHOLE: dict[str, Any] = {"unit": "document"}
SHORT_WORDS = 50  # up to which lose="short" looks at what differs; figures: docs/meaning.md
_BYTES_ALONE = 4  # bytes a word, punctuation and all, up to which words are characters
ALIKE = 0.7  # share of common words for which copies that say the same are looked for
_WALK: dict[str, tuple[Any, ...]] = {"measure": ("jaccard",), "linkage": ("survivor",), "pairs": ("survivors",)}
_PLAIN = frozenset({str, int, float, type(None)})  # types of settings whose recipe is remembered
_DUPLICATES = ("jaccard", "containment", "ratio", "weighted")


class Place(NamedTuple):
    """Where a run works, and which options hold there.

    Attributes:
        where: What messages say about it, as in ``over files``.
        defaults: The options that have another default than in :class:`dedupe.Options`.
        only: The values that an option may have, for options that may not have all.
        unused: Options that would change nothing.
        has_columns: `keep` may name a column, as in ``newest:published``.
        parts: Defaults that hold as well when parts of documents are compared.
        way_out: What to do instead, for messages.
    """

    where: str
    defaults: Mapping[str, Any] = _WHOLE
    only: Mapping[str, tuple[Any, ...]] = {}
    unused: tuple[str, ...] = ()
    has_columns: bool = False
    parts: Mapping[str, Any] = {}
    way_out: str = "use dedupe.find for texts that fit into memory"


_NO_DUPLICATES = "'coverage' finds no duplicates: see find for the matches, or merge to tell them once"

# Which option holds where. `threads` holds everywhere and changes nothing; docs/options.md has the same as a table.
PLACES: dict[str, Place] = {
    "find": Place("in find", has_columns=True),
    "unique": Place(
        "in unique", only={"measure": _DUPLICATES}, unused=("pairs",), has_columns=True, way_out=_NO_DUPLICATES
    ),
    "coverage": Place(
        "with measure='coverage'",
        {**_WHOLE, "measure": "coverage"},
        only={"measure": ("coverage",)},
        unused=("linkage", "width_words", "recall", "keep", "pairs", "min_words", "lose", "seed"),
    ),
    "clean": Place(
        "inside a text",
        {"unit": "paragraph", **_PARTS},
        {"measure": ("jaccard", "containment", "ratio")},
        unused=("pairs",),
        way_out="others measure rarity on a collection: use dedupe.find there",
    ),
    "compare": Place(
        "in compare",
        unused=("unit", "measure", "linkage", "recall", "keep", "pairs", "min_words", "lose", "seed"),
    ),
    "evaluate": Place(
        "in evaluate",
        only={"unit": ("document",), "measure": _DUPLICATES},
        unused=("pairs",),
        way_out="copies of whole texts are planted, and duplicates are counted",
    ),
    "files": Place("over files", only=_WALK, has_columns=True, parts=_PARTS),
    "index": Place("in an index", only={**_WALK, "keep": ("first",)}),
    "spark": Place("on a cluster", only=_WALK, has_columns=True),
    "spark files": Place("on a cluster", only=_WALK, has_columns=True, parts=_PARTS),
}


@dataclass(frozen=True)
class Recipe:
    """What a run decides by.

    Attributes:
        options: All settings, with the defaults of the place.
        place: Where it works, a name in PLACES.
        plan: Bands and rows; of no meaning for the measure ``coverage``.
        leaders: Survivors of a bucket that later blocks are compared with.
        secret: Key of the hashes that texts are named and compared by. No answer depends on it, and who writes a text
            does not know it, so that no text can be made whose hashes are those of another.
    """

    options: Options
    place: str
    plan: Plan = field(default=None)  # type: ignore[assignment]  # planned for the options when it is None
    leaders: int = LEADERS
    secret: int = field(default_factory=process_key, repr=False, compare=False)

    def __post_init__(self) -> None:
        """See that the options hold in the place, and plan the bands.

        Raises:
            OptionError: One has a value that the place cannot keep to.
        """
        _check_only(self.options, PLACES[self.place])
        if self.plan is None:
            object.__setattr__(self, "plan", bands.plan(self.candidate_threshold, self.options.recall))

    @classmethod
    def of(
        cls, place: str, given: Options | None = None, settings: Mapping[str, Any] = {}, known: tuple[str, ...] = ()
    ) -> Recipe:
        """Make the recipe of a call.

        Args:
            place: Where it works, a name in PLACES.
            given: The ``options=`` argument, or None.
            settings: The keyword arguments that are fields of Options.
            known: Other keywords that the verb takes, for the message about an unknown one.

        Raises:
            OptionError: Both were given, a keyword is unknown, a value breaks its rule, or it does not hold here.
        """
        if given is None and all(type(value) in _PLAIN for value in settings.values()):
            return _of_settings(place, known, *((name, type(value), value) for name, value in settings.items()))
        return cls._checked(place, given, settings, known)

    @classmethod
    def _checked(cls, place: str, given: Options | None, settings: Mapping[str, Any], known: tuple[str, ...]) -> Recipe:
        options = Options.of(given, settings, defaults_of(place, settings.get("unit")), known)
        if options.measure == "coverage" and place == "find":
            place = "coverage"
        _check_unused(options, place, None if given is not None else settings)
        return cls(options, place)

    @property
    def candidate_threshold(self) -> float:
        """Jaccard similarity for which the bands are planned.

        Slips and cut words leave copies that say the same at about 0.7 of their words.
        """
        threshold = self.options.threshold
        return threshold if self.options.lose == "words" else min(threshold, ALIKE)

    @property
    def recall_promised(self) -> float:
        """Share of the pairs at the threshold that share a bucket."""
        return round(self.plan.share_found(self.candidate_threshold), 4)

    def is_careful(self, n_words: Any, n_bytes: Any) -> Any:
        """Which blocks go only when nothing is lost.

        Args:
            n_words: Array of shape (n_blocks,), the words of each block.
            n_bytes: Array of shape (n_blocks,), its bytes in UTF-8. In scripts without spaces a character is a word
                and has three bytes; there two of them count as one word.

        Returns:
            Array of shape (n_blocks,), bool.
        """
        if self.options.lose == "short":
            is_spaced = n_bytes > _BYTES_ALONE * n_words
            return n_words <= np.where(is_spaced, SHORT_WORDS, 2 * SHORT_WORDS)
        return np.full(np.shape(n_words), self.options.lose == "nothing")

    def with_public_hashes(self) -> Recipe:
        """The same recipe with the hashes that follow from the seed, which other runs and libraries have as well."""
        return replace(self, secret=key_of_seed(self.options.seed))

    def but(self, **changes: Any) -> Recipe:
        """The same recipe with other options that leave the plan as it is."""
        return replace(self, options=replace(self.options, **changes))


@lru_cache(maxsize=256)
def _of_settings(place: str, known: tuple[str, ...], *settings: tuple[str, type, Any]) -> Recipe:
    """The recipe of calls with the same settings, checked once; types are given since 1 equals 1.0."""
    return Recipe._checked(place, None, {name: value for name, _, value in settings}, known)


def defaults_of(place: str, unit: object = None) -> dict[str, Any]:
    """The defaults of a place when a unit was asked for, or none."""
    held = PLACES[place]
    return dict(held.defaults) if unit in (None, "document") else {**held.defaults, **held.parts}


def _check_only(options: Options, place: Place) -> None:
    """Refuse what a place cannot keep to."""
    for name, values in place.only.items():
        value = getattr(options, name)
        if value not in values:
            rule = listed(values) if len(values) == 1 else f"one of {listed(values)}"
            raise OptionError(f"{place.where} {name} must be {rule}, got {value!r}; {place.way_out}")
    if column_policy(options.keep) and not place.has_columns:
        raise OptionError(f"keep={options.keep!r} names a column, and {place.where} there is none; give a function")


def _check_unused(options: Options, place: str, settings: Mapping[str, Any] | None) -> None:
    """Refuse what would change nothing; an Options object may say nothing about it, or what is so anyway."""
    names = [name for name in PLACES[place].unused if settings is None or name in settings]
    if not names:
        return
    anyway = [Recipe.of(place).options, *([Options()] if settings is None else [])]
    for name in names:
        value = getattr(options, name)
        if value not in [getattr(usual, name) for usual in anyway]:
            raise OptionError(f"{name}={value!r} has no effect {PLACES[place].where}; leave {name} out")


def options_in(place: str) -> list[str]:
    """The options that a call may set to more than one value, in the order of Options."""
    held = PLACES[place]
    return [name for name in DESCRIPTIONS if name not in held.unused and len(held.only.get(name, "..")) > 1]
