"""Spark gives the answer of `find`: the texts of all scenarios with the same settings are one table, and one run."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from typing import Any

import pytest

import dedupe
from dedupe.engines import spark
from tests.conformance.places import Answer, in_memory
from tests.conformance.scenarios import (
    BY_HAND,
    COLLECTED,
    FORGERIES,
    HOSTILE,
    REFUSED,
    SHORT,
    Scenario,
    counting,
    days,
    scores,
)

TEXTS = [
    text
    for scenario in [*BY_HAND, *COLLECTED[::2], HOSTILE[0], SHORT[0]]
    for text in scenario.texts
    if text is None or not any("\ud800" <= letter <= "\udfff" for letter in text)  # Java has no lone surrogates
]
COLUMNS = {"day": days(len(TEXTS), 1), "score": scores(len(TEXTS), 2)}
RUNS: list[Mapping[str, Any]] = [
    {},
    {"unit": "paragraph", "threshold": 0.8, "min_words": 8, "keep": "longest"},
    {"keep": "last", "threshold": 0.5, "min_words": 2},
    {"unit": "line", "threshold": 0.6, "keep": counting("e"), "min_words": 3},
    {"keep": "highest:score", "threshold": 0.6, "width_words": 2},
    {"keep": "newest:day", "unit": "paragraph", "threshold": 0.9, "seed": 3},
]


def table(session: Any, scenario: Scenario) -> Any:
    """The texts in any order, with the columns that the policies name; names hold a dot and a space."""
    rows = list(zip(itertools.count(), scenario.texts, COLUMNS["day"], COLUMNS["score"], strict=False))
    random.Random(0).shuffle(rows)
    return session.createDataFrame(rows, "`a.key` long, `the text` string, day date, score double").repartition(3)


def on_spark(session: Any, scenario: Scenario) -> Answer:
    """What `spark.find` says, in the words of the other places."""
    is_whole = scenario.settings.get("unit", "document") == "document"
    rows = (
        spark.find(table(session, scenario), text="the text", id="a.key", **scenario.settings)
        .where("survivor IS NOT NULL")
        .collect()
    )
    if is_whole:
        return {
            (row["a.key"], None, None): ((row["survivor"], None, None), round(row["similarity"], 6), row["rule"])
            for row in rows
        }
    return {
        (row["a.key"], row["start"], row["end"]): (
            (row["survivor"], row["survivor_start"], row["survivor_end"]),
            round(row["similarity"], 6),
            row["rule"],
        )
        for row in rows
    }


ONCE_ELSEWHERE = RUNS[3]  # with a unit and a function, through Connect and on PySpark 3.5


@pytest.mark.parametrize(
    "settings",
    [pytest.param(each, marks=[pytest.mark.everywhere] if each is ONCE_ELSEWHERE else []) for each in RUNS],
    ids=lambda settings: ", ".join(map(str, settings)) or "defaults",
)
def test_spark_gives_the_answer_of_find(session: Any, settings: Mapping[str, Any]) -> None:
    scenario = Scenario("all texts at once", TEXTS, settings, columns=COLUMNS)

    answer = on_spark(session, scenario)

    assert answer == in_memory(scenario)
    assert len(answer) > 10


@pytest.mark.parametrize("scenario", FORGERIES[:5], ids=lambda scenario: scenario.name)
def test_spark_keeps_a_text_that_was_forged(session: Any, scenario: Scenario) -> None:
    assert on_spark(session, scenario) == {}


@pytest.mark.parametrize("scenario", REFUSED, ids=lambda scenario: scenario.name)
def test_spark_refuses_what_it_cannot_do(session: Any, scenario: Scenario) -> None:
    frame = session.createDataFrame([(1, "a"), (2, "a")], "id long, text string")

    with pytest.raises(dedupe.OptionError):
        spark.find(frame, **scenario.settings)
