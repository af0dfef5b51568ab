"""Texts that stay: what matches one of them is its duplicate, and about themselves nothing is found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedupe

WORDS = st.lists(st.sampled_from("rain fell town day market late nobody".split()), max_size=6).map(" ".join)
TEXTS = st.lists(WORDS, max_size=8)


@pytest.mark.parametrize("measure", ["jaccard", "containment", "ratio"])
@given(docs=TEXTS, known=TEXTS)
def test_every_duplicate_matches_its_survivor_and_known_texts_stay(measure, docs, known):
    found = dedupe.find(docs, against=known, measure=measure, width_words=2)

    names = {duplicate.block.doc for duplicate in found.duplicates}
    assert names <= set(range(len(docs)))
    assert all(duplicate.survivor.doc not in names for duplicate in found.duplicates)
    assert all(duplicate.similarity >= 0.7 for duplicate in found.duplicates)
    assert found.stats["documents"] == len(docs)


@given(docs=TEXTS, known=TEXTS)
def test_known_texts_without_repeats_count_as_if_they_came_first(docs, known):
    known = dedupe.unique(known, width_words=2)

    behind = dedupe.find([*known, *docs], width_words=2).by_document()["survivor"][len(known) :]
    beside = dedupe.find(docs, against=known, width_words=2).by_document()["survivor"]

    # beside: own texts are numbered from 0, known ones behind them
    in_order = np.where(behind < len(known), behind + len(docs), behind - len(known))
    assert beside.tolist() == in_order.tolist()


def test_what_matches_a_known_text_goes_whatever_the_policy():
    train, test = ["Rain fell all day long.", "rain fell, all day long", "Nobody minded."], ["RAIN FELL ALL DAY LONG"]

    assert dedupe.unique(train, against=test, keep="longest") == ["Nobody minded."]
    assert dedupe.unique({"a": train[0], "b": train[2]}, against=test) == {"b": train[2]}


def test_the_known_text_is_named():
    (duplicate,) = dedupe.find(["Rain fell."], against={"page 7": "rain fell"}).duplicates

    assert duplicate.survivor.doc == ("against", "page 7")
    assert duplicate.survivor.text == "rain fell"


@pytest.mark.parametrize("known", [[], ["", " "]], ids=["none", "blank"])
def test_nothing_known_changes_nothing(known):
    docs = ["Rain fell.", "rain fell", ""]

    assert dedupe.unique(docs, against=known) == dedupe.unique(docs)
    assert dedupe.find([], against=docs).duplicates == ()


def test_columns_hold_own_blocks_only():
    found = dedupe.find(["a b c", "d"], against=["a b c", "e", "f"])

    assert found.columns()["doc"] == [0, 1]
    assert found.columns()["survivor_doc"] == [("against", 0), 1]
    assert [block.doc for block in found.survivors] == [1]
