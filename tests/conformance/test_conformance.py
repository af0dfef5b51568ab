"""Memory, files and an index give one answer, by any settings; test_spark.py asks Spark."""

from dataclasses import replace
from pathlib import Path

import pytest

import dedupe
from tests.conformance.places import HASHES, PLACES, Answer, in_memory
from tests.conformance.scenarios import BY_HAND, FORGERIES, SCENARIOS, Scenario

ONE_BY_ONE = 45  # texts at most, where each is committed for itself


def cases() -> list[object]:
    """Each scenario in each place."""
    return [
        pytest.param(place, scenario, id=f"{place}: {scenario.name}")
        for place in PLACES
        for scenario in SCENARIOS
        if place != "index, 1 at a time" or len(scenario.texts) <= ONE_BY_ONE
        if place != "index, hashes" or scenario not in FORGERIES  # nothing is left to tell them by
    ]


def comparable(answer: Answer, place: str) -> Answer:
    """An answer without what a place cannot know: hashes tell no case apart."""
    return {
        duplicate: (survivor, similarity, "" if place == "index, hashes" else rule)
        for duplicate, (survivor, similarity, rule) in answer.items()
    }


@pytest.mark.parametrize(("place", "scenario"), cases())
def test_every_place_gives_the_answer_of_find(tmp_path: Path, place: str, scenario: Scenario) -> None:
    kind = place.partition(",")[0]
    if kind in scenario.refused_in:
        with pytest.raises(dedupe.DedupeError):
            PLACES[place](scenario, tmp_path)
        return

    answer = PLACES[place](scenario, tmp_path)

    if place == "index, hashes":
        scenario = replace(scenario, settings={**scenario.settings, **HASHES})
    assert comparable(answer, place) == comparable(in_memory(scenario, scenario.spelled_out.get(kind)), place)


@pytest.mark.parametrize("scenario", [pytest.param(each, id=each.name) for each in (*BY_HAND, *FORGERIES)])
def test_find_gives_the_answer_worked_out_by_hand(scenario: Scenario) -> None:
    is_whole = scenario.settings.get("unit", "document") == "document"
    expected = scenario.expected or {}

    survivors = {duplicate: survivor for duplicate, (survivor, _, _) in in_memory(scenario).items()}

    if is_whole:
        assert survivors == {(doc, None, None): (other, None, None) for (doc, *_), (other, *_) in expected.items()}
    else:
        assert survivors == expected
