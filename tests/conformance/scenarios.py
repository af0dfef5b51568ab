"""What every place must answer alike, written once."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dedupe
from tests.conformance.samples import COLLECTIONS, DIFFERENCES
from tests.corpora import crowd, near_duplicates, paragraphs
from tests.forged import FORGED, REAL
from tests.hostile import QUICK

UNITS = ("document", "paragraph", "line", "sentence")
ALL_BUT_MEMORY = frozenset(["files", "index", "spark"])
LONG = "The mayor of the town said on Friday that the bridge will open in June."
OTHER = "Nobody knows yet how much of the harbor wall the storm has carried away."


@dataclass(frozen=True)
class Scenario:
    """A collection, settings, and what is known about the answer.

    Attributes:
        name: What it shows.
        texts: The texts; None is a null.
        settings: The options of the verb.
        known: Texts that stay, as ``against``.
        columns: Further columns, for a policy by a column.
        refused_in: Places that refuse the settings or a text with an error of ours.
        expected: Survivor of each duplicate, worked out by hand: (text, start, end) each; None where `find` is the judge.
        spelled_out: The settings that a place documents as its own defaults.
    """

    name: str
    texts: Sequence[str | None]
    settings: Mapping[str, Any] = field(default_factory=dict)
    known: Sequence[str] = ()
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    refused_in: frozenset[str] = frozenset()
    expected: Mapping[tuple[int, int, int], tuple[int, int, int]] | None = None
    spelled_out: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def counting(letter: str) -> Callable[[Any], float]:
    """A policy function that prefers blocks with many of a letter; made here, so that it travels to a worker whole."""

    def count(block: Any) -> float:
        return float(block.text.count(letter))

    return count


def mixed() -> list[str]:
    """Near-duplicates, paragraphs that stand in several texts, ties, several scripts."""
    return [*near_duplicates(40, 31), *paragraphs(25, 32), *COLLECTIONS["ties"], *COLLECTIONS["scripts"][:20]]


def days(n_texts: int, seed: int) -> list[datetime.date | None]:
    """Days of one month, a tenth of them null."""
    draw = random.Random(seed)
    return [None if draw.random() < 0.1 else datetime.date(2020, 1, draw.randint(1, 28)) for _ in range(n_texts)]


def scores(n_texts: int, seed: int) -> list[float]:
    """Small numbers with many ties, a tenth of them no number."""
    draw = random.Random(seed)
    return [float("nan") if draw.random() < 0.1 else float(draw.randint(0, 5)) for _ in range(n_texts)]


BY_HAND = [
    Scenario(
        "the same text, other case, one word more",
        ["one two three four five", "One two, three four five!", "one two three four five six", "one two three four five"],
        {"threshold": 0.7, "lose": "words"},
        expected={(1, 0, 25): (0, 0, 23), (2, 0, 27): (0, 0, 23), (3, 0, 23): (0, 0, 23)},
    ),
    Scenario(
        "the same text and other case go, one word more stays",
        ["one two three four five", "One two, three four five!", "one two three four five six", "one two three four five"],
        {"threshold": 0.7},
        expected={(1, 0, 25): (0, 0, 23), (3, 0, 23): (0, 0, 23)},
    ),
    Scenario(
        "signs are part of what is said",
        ["Use C for it.", "Use C++ for it.", "Use C# for it.", "use c  for it", "It costs 5 %.", "It costs -5 %.", "It costs 5."],
        expected={(3, 0, 13): (0, 0, 13)},
    ),
    Scenario(
        "a sentence more goes only when the longer text stays",
        [f"{LONG} Nobody knows why.", LONG, f"Nobody knows why. {LONG}", f"{LONG} So he said.", LONG.replace("June", "July")],
        expected={(1, 0, len(LONG)): (0, 0, len(LONG) + 18)},
    ),
    Scenario(
        "a chain of edits removes only what matches a survivor directly",
        ["a b c d e f g h", "b c d e f g h i", "c d e f g h i j"],
        {"threshold": 0.6, "lose": "words"},
        expected={(1, 0, 15): (0, 0, 15)},
    ),
    Scenario(
        "texts without a word are duplicates when they are equal, empty ones never",
        ["!!!", "", "!!!", " ", "", "?"],
        expected={(2, 0, 3): (0, 0, 3)},
    ),
    Scenario(
        "short paragraphs stay, equal or not",
        [f"{LONG}\n\nRead more here", f"{OTHER}\n\nRead more here"],
        {"unit": "paragraph", "threshold": 0.8, "min_words": 8},
        expected={},
    ),
    Scenario(
        "short texts stay, and nothing goes for them",
        ["Yes.", "Yes.", LONG, LONG, "one two three", "one two three four"],
        {"threshold": 0.5, "min_words": 4},
        expected={(3, 0, len(LONG)): (2, 0, len(LONG))},
    ),
    Scenario(
        "a null is an empty text",
        [None, LONG, "", None, LONG],
        expected={(4, 0, len(LONG)): (1, 0, len(LONG))},
        refused_in=frozenset(["files"]),  # a row that cannot be read, as on_error says
    ),
]  # fmt: skip

LOSE = [
    Scenario(
        f"lose={lose}, {unit}, keep={keep}, threshold={threshold}",
        ["\n\n".join(DIFFERENCES[at : at + size]) for at in range(0, len(DIFFERENCES), size)],
        {"lose": lose, "unit": unit, "keep": keep, "threshold": threshold, "min_words": 0},
        refused_in=frozenset() if keep == "first" else frozenset(["index"]),
    )
    for lose in ("nothing", "short", "words")
    for unit, size, keep, threshold in (
        ("document", 1, "first", 0.7),
        ("document", 1, "longest", 0.9),
        ("paragraph", 4, "first", 0.5),
        ("paragraph", 4, "longest", 0.8),
        ("sentence", 3, "first", 0.8),
    )
] + [
    Scenario(
        f"lose={lose}, against, {unit}",
        DIFFERENCES[1::2],
        {"lose": lose, "unit": unit, "threshold": 0.7},
        known=dedupe.unique(DIFFERENCES[::2], lose=lose, unit=unit, threshold=0.7),
        refused_in=frozenset(["spark"]) if unit == "document" else frozenset(["spark", "files"]),
    )
    for lose in ("nothing", "short", "words")
    for unit in ("document", "paragraph")
]  # fmt: skip
SHUFFLED = [
    Scenario(
        f"what differs, {unit}, shuffled by {seed}",
        random.Random(seed).sample(DIFFERENCES, len(DIFFERENCES)),
        {"unit": unit, "min_words": 0, "threshold": 0.7},
    )
    for unit in ("document", "paragraph")
    for seed in (1, 2, 3)
]

POLICIES = [
    Scenario(
        f"{unit}, keep={keep if isinstance(keep, str) else 'a function'}",
        mixed(),
        {"unit": unit, "keep": keep, "min_words": 0, "threshold": 0.7},
        refused_in=frozenset() if keep == "first" else frozenset(["index"]),
    )
    for unit in UNITS
    for keep in ("first", "last", "longest", counting("e"))
]
THRESHOLDS = [
    Scenario(f"{unit}, threshold={threshold}", mixed(), {"unit": unit, "threshold": threshold, "min_words": 0, **more})
    for unit in ("document", "paragraph")
    for threshold, more in (
        (0.3, {}),
        (0.5, {"width_words": 1, "lose": "words"}),
        (0.8, {"seed": 7}),
        (0.95, {"recall": 0.999}),
        (1.0, {}),
    )
]
SHORT = [
    Scenario(
        f"{unit}, min_words={least}",
        [*COLLECTIONS["short blocks"], *mixed()],
        {"unit": unit, "min_words": least, "threshold": 0.6},
    )
    for unit in UNITS
    for least in (2, 8)
]
DEFAULTS = [
    Scenario(
        f"defaults of {unit}",
        [*COLLECTIONS["short blocks"], *COLLECTIONS["templates"], *mixed()],
        {} if unit == "document" else {"unit": unit},
        spelled_out={} if unit == "document" else {"files": {"threshold": 0.8, "min_words": 8}},
    )
    for unit in UNITS
]
COLLECTED = [
    Scenario(f"{name}, {unit}", COLLECTIONS[name], {"unit": unit, "min_words": 0, "threshold": 0.6})
    for name in ("none", "blank", "equal", "chain backwards", "edited 1", "repetitive", "seeds twice", "code and lists")
    for unit in ("document", "paragraph")
]
HOSTILE = [
    Scenario(
        f"hostile texts, {unit}",
        [*QUICK.values(), *list(QUICK.values())[::3]],
        {"unit": unit, "min_words": 0, "threshold": 0.7},
    )
    for unit in UNITS
]
FULL = [Scenario("a bucket with too many leaders", crowd(150, 7), {"threshold": 0.92, "recall": 0.9999})]
KNOWN = random.Random(4).sample([*mixed(), *COLLECTIONS["edited 1"]], 60)
AGAINST = [
    Scenario(
        f"against {'texts alike' if is_repeating else 'texts'}, {unit}, keep={keep}",
        random.Random(3).sample([*mixed(), *COLLECTIONS["edited 1"]], 120),
        {"unit": unit, "keep": keep, "threshold": 0.7},
        known=KNOWN if is_repeating else dedupe.unique(KNOWN, unit=unit, threshold=0.7),
        refused_in=frozenset(["spark"]) if unit == "document" else frozenset(["spark", "files"]),
    )
    for unit, keep, is_repeating in (
        ("document", "first", True),
        ("document", "first", False),
        ("document", "longest", False),
        ("paragraph", "first", False),
        ("paragraph", "longest", False),
    )
]
BY_COLUMN = [
    Scenario(
        f"{unit}, keep={keep}",
        near_duplicates(80, 8),
        {"keep": keep, "threshold": 0.6, "unit": unit, "min_words": 0},
        columns={"day": days(80, 8), "score": scores(80, 8)},
        refused_in=frozenset(["index"]),
    )
    for unit in ("document", "paragraph")
    for keep in ("newest:day", "oldest:day", "highest:score")
]
REFUSED = [
    Scenario(f"{name}={value} only in memory", mixed(), {name: value}, refused_in=ALL_BUT_MEMORY)
    for name, value in (
        ("measure", "containment"),
        ("measure", "ratio"),
        ("measure", "weighted"),
        ("linkage", "complete"),
        ("pairs", "all"),
    )
]
FORGERIES = [
    Scenario(f"forged words, {name}", [FORGED, REAL], {"threshold": 0.7, **settings}, expected={}, **more)
    for name, settings, more in (
        ("by default", {}, {}),
        ("the threshold alone", {"lose": "words"}, {}),
        ("by words of a paragraph", {"lose": "words", "unit": "paragraph"}, {}),
        ("by single words", {"lose": "words", "width_words": 1}, {}),
        ("keep the longest", {"lose": "words", "keep": "longest"}, {"refused_in": frozenset(["index"])}),
        ("measure containment", {"measure": "containment"}, {"refused_in": ALL_BUT_MEMORY}),
        ("measure weighted", {"measure": "weighted"}, {"refused_in": ALL_BUT_MEMORY}),
    )
]
SCENARIOS = [
    *BY_HAND, *FORGERIES, *POLICIES, *THRESHOLDS, *SHORT, *DEFAULTS, *COLLECTED, *HOSTILE, *FULL, *LOSE, *SHUFFLED, *AGAINST, *BY_COLUMN, *REFUSED,
]  # fmt: skip
