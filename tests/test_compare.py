"""Two texts side by side."""

import json

import pytest
from hostile import QUICK
from hypothesis import example, given
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
        ("New York", "New York City", "contained"),
        ("中国人", "中国", "contains"),
        ("York New", "New York City", "different"),
        ("", "", "different"),
        ("!!!", "!!!", "identical"),
        ("!!!", "???", "different"),
    ],
    ids=[
        "equal",
        "case",
        "in it",
        "holds it",
        "a passage",
        "nothing",
        "two words in three",
        "two characters of three",
        "other order",
        "empty",
        "marks",
        "other marks",
    ],
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


def plain_shared(first: list[str], second: list[str], width: int) -> list[dedupe.SharedSpan]:
    """The shared passages of two texts of one-letter words, shingle by shingle."""
    width = min(width, len(first), len(second))
    ones = [first[place : place + width] for place in range(max(len(first) - width, 0) + 1)]
    others = [second[place : place + width] for place in range(max(len(second) - width, 0) + 1)]
    passages: list[tuple[int, int, int]] = []  # place, place in the second text, shingles
    for place, one in enumerate(ones):
        begin, other, length = passages[-1] if passages else (-1, -1, 0)
        if place == begin + length and others[other + length : other + length + 1] == [one]:
            passages[-1] = (begin, other, length + 1)
        elif one in others:
            passages.append((place, others.index(one), 1))
    n_words = [min(width, len(first)), min(width, len(second))]
    return [
        dedupe.SharedSpan(2 * begin, 2 * (begin + n + n_words[0]) - 3, 2 * other, 2 * (other + n + n_words[1]) - 3)
        for begin, other, n in passages
    ]


LETTERS = st.lists(st.sampled_from("ab"), min_size=1, max_size=120) | st.lists(st.sampled_from("abcd"), min_size=1)


@given(LETTERS, LETTERS, st.integers(1, 4))
@example(["a"] * 100, ["a"] * 70, 3)
@example(list("abcd") * 20, list("cdab") * 15, 2)
def test_a_passage_goes_on_for_as_long_as_the_texts_agree(first: list[str], second: list[str], width: int) -> None:
    found = dedupe.compare(" ".join(first), " ".join(second), width_words=width).shared
    assert list(found) == plain_shared(first, second, width)


@given(st.sampled_from(list(QUICK.values())), st.sampled_from(list(QUICK.values())))
def test_measures_are_symmetric(left: str, right: str) -> None:
    one, other = dedupe.compare(left, right), dedupe.compare(right, left)
    assert (one.jaccard, one.ratio) == (other.jaccard, other.ratio)
    assert (one.containment, one.containment_other) == (other.containment_other, other.containment)


@pytest.mark.parametrize("text", QUICK.values(), ids=QUICK.keys())
def test_any_text_is_identical_to_itself_unless_it_is_empty(text: str) -> None:
    assert dedupe.compare(text, text).verdict == ("identical" if text.strip() else "different")


@pytest.mark.parametrize(
    ("left", "right", "verdict", "substance"),
    [
        (TEXT, TEXT.upper(), "same", []),
        (TEXT, TEXT.replace("rose", "fell"), "variant", [("rose", "fell")]),
        (TEXT, TEXT.replace("March", "Mrach"), "same", []),
        ("use C here", "use C++ here", "variant", [("", "++")]),
        ("it was 5 degrees", "it was -5 degrees", "variant", [("", "-")]),
        (f"{TEXT} Nobody minded it.", TEXT, "contained", [("Nobody minded it", "")]),
        (TEXT, f"{TEXT} Nobody minded it.", "contains", [("", "Nobody minded it")]),
        ("", "", "same", []),
    ],
    ids=["case", "another word", "misspelled", "C++", "a sign", "a sentence less", "a sentence more", "empty"],
)
def test_the_difference_tells_form_from_substance(
    left: str, right: str, verdict: str, substance: list[tuple[str, str]]
) -> None:
    result = dedupe.compare(left, right)

    assert isinstance(result.difference, dedupe.Difference)
    assert all(isinstance(run, dedupe.Run) for run in result.difference.runs)
    assert result.difference.verdict == verdict
    assert [(run.left, run.right) for run in result.difference.substance] == substance
    assert json.loads(json.dumps(result.to_dict()))["difference"] == result.difference.to_dict()


@given(st.sampled_from(list(QUICK.values())), st.sampled_from(list(QUICK.values())))
def test_runs_stand_where_they_say(left: str, right: str) -> None:
    for run in dedupe.compare(left, right).difference.runs:
        assert left[run.left_start :].startswith(run.left)
        assert right[run.right_start :].startswith(run.right)


def test_what_is_not_text_is_refused() -> None:
    with pytest.raises(dedupe.InputError, match="b is None, not str"):
        dedupe.compare("a", None)
