"""The answers are those of golden.json; `golden.py` says how to look at one and how to write the file anew."""

import json

import pytest

from tests.conformance import golden

KEPT = json.loads(golden.GOLDEN.read_text())
PLACES = [(section, place) for section, places in golden.PLACES.items() for place in places]


@pytest.mark.parametrize(("section", "place"), PLACES, ids=[place for _, place in PLACES])
def test_answers_are_as_they_were(section: str, place: str) -> None:
    assert golden.differences(KEPT[section][place], golden.kept(section, place)) == []
