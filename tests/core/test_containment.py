"""Containment beside its plain twin, also of texts with fewer words than a shingle."""

import itertools

import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st

import dedupe

WORDS = st.lists(st.sampled_from("a b c d".split()), min_size=1, max_size=7).map(tuple)


@given(st.lists(WORDS, max_size=9, unique=True), st.integers(1, 5), st.sampled_from([0.5, 0.8, 1.0]))
def test_pairs_are_those_of_the_twin(texts: list[tuple[str, ...]], width: int, threshold: float) -> None:
    found = dedupe.find(
        [" ".join(text) for text in texts], measure="containment", width_words=width, threshold=threshold, pairs="all"
    )

    hashes = [reference.word_hashes(" ".join(text)) for text in texts]
    expected = {}
    for one, other in itertools.combinations(range(len(texts)), 2):
        # the larger set holds, then the one of more words, then the earlier
        sizes = {i: (len(reference.shingle_set(hashes[i], width)), min(len(texts[i]), width)) for i in (one, other)}
        holder, inner = sorted((one, other), key=lambda i: (-sizes[i][0], -sizes[i][1], i))
        share = reference.containment(hashes[inner], hashes[holder], width)
        if share >= threshold:
            expected[one, other] = share
    assert {(match.left.doc, match.right.doc): match.similarity for match in found.matches} == pytest.approx(expected)


@given(WORDS, WORDS, st.integers(1, 5))
def test_compare_measures_what_the_twin_measures(one: tuple[str, ...], other: tuple[str, ...], width: int) -> None:
    result = dedupe.compare(" ".join(one), " ".join(other), width_words=width)

    left, right = reference.word_hashes(" ".join(one)), reference.word_hashes(" ".join(other))
    assert result.containment == reference.containment(left, right, width)
    assert result.containment_other == reference.containment(right, left, width)


@pytest.mark.parametrize(
    ("texts", "survivors"),
    [
        (["New York", "New York City"], [1]),
        (["中国", "中国人"], [1]),
        (["York", "New York", "New York City"], [2]),
        (["York New", "New York City"], [0, 1]),
        (["", "New York City", "!"], [0, 1, 2]),
    ],
    ids=["two words", "two characters", "one in two in three", "other order", "no words"],
)
def test_a_short_text_is_held_where_its_words_stand_in_a_row(texts: list[str], survivors: list[int]) -> None:
    assert dedupe.unique(texts, measure="containment") == [texts[i] for i in survivors]


def test_paragraphs_of_a_text_hold_short_ones_of_their_own_text_alone() -> None:
    text = "One two three four five six seven eight nine ten.\n\nTwo three"

    assert dedupe.find([text], measure="containment", unit="paragraph").stats["duplicates"] == 1
    assert dedupe.clean(text, measure="containment") == text  # up to seven words stay inside a text
