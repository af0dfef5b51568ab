"""Two texts side by side."""

import pytest
from hostile import QUICK
from hypothesis import given
from hypothesis import strategies as st

import dedupe

TEXT = "Prices rose again in March, and the bank now expects them to rise until the end of the year."


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        (TEXT, TEXT, "identical"),
        (TEXT, TEXT.upper(), "duplicate"),
        (TEXT, f"{TEXT} Nobody else said so, and the shops were full of people that day in any case.", "contained"),
        (f"{TEXT} Nobody else said so, and the shops were full of people that day in any case.", TEXT, "contains"),
        (TEXT, "The bank now expects them to fall, which nobody else had thought of.", "overlaps"),
        (TEXT, "Something else happened.", "different"),
        ("", "", "different"),
        ("!!!", "!!!", "identical"),
        ("!!!", "???", "different"),
    ],
    ids=["equal", "case", "in it", "holds it", "a passage", "nothing", "empty", "marks", "other marks"],
)
def test_verdict(left: str, right: str, verdict: str) -> None:
    assert dedupe.compare(left, right).verdict == verdict


def test_shared_passages_are_spans_of_both_texts() -> None:
    other = "«Ünïcode» — the bank now expects them to rise, we hear; prices rose again in March."
    shared = dedupe.compare(TEXT, other).shared
    assert [TEXT[span.start : span.end] for span in shared] == [
        "Prices rose again in March",
        "the bank now expects them to rise",
    ]
    assert [other[span.other_start : span.other_end] for span in shared] == [
        "prices rose again in March",
        "the bank now expects them to rise",
    ]


@given(st.sampled_from(list(QUICK.values())), st.sampled_from(list(QUICK.values())))
def test_measures_are_symmetric(left: str, right: str) -> None:
    one, other = dedupe.compare(left, right), dedupe.compare(right, left)
    assert (one.jaccard, one.ratio) == (other.jaccard, other.ratio)
    assert (one.containment, one.containment_other) == (other.containment_other, other.containment)


@pytest.mark.parametrize("text", QUICK.values(), ids=QUICK.keys())
def test_any_text_is_identical_to_itself_unless_it_is_empty(text: str) -> None:
    assert dedupe.compare(text, text).verdict == ("identical" if text.strip() else "different")


def test_what_is_not_text_is_refused() -> None:
    with pytest.raises(dedupe.InputError, match="b is None, not str"):
        dedupe.compare("a", None)
