"""What differs between two texts: form, or substance."""

import pytest
from hostile import HOSTILE

from dedupe.core.meaning.align import align
from dedupe.core.meaning.difference import difference
from dedupe.core.meaning.lexicon import is_known, known_words
from dedupe.core.meaning.rules import CONTAINED, CONTAINS, SAME, VARIANT, meaning
from dedupe.core.meaning.tokens import tokens

COUNCIL = "The council met on Tuesday and voted for the new tram line through the old town."


def verdict(left: str, right: str) -> int:
    return meaning(tokens(left), tokens(right), is_known).verdict


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("C++ and C#", "c ++ and c #"),
        ("-5 or +5 %, 5-10", "- 5 or + 5 % 5-10"),
        ("a==b, a != b", "a == b a != b"),
        ("x2 x²", "x 2 x ^2"),
        ("1,234,567 and 1,5", "1234567 and 1,5"),
        ("don't, well-known", "dont well known"),
        ("find -writable --trace", "find - writable -- trace"),
        ("**not** _this_ `way`", "not this way"),
        ("> quoted\n> text", "quoted text"),
        ("- [x] done\n- [ ] open", "x done [ ] open"),
        ("coun-\ncil", "council"),
        ("&quot;R&amp;D&quot;", "r & d"),
        ("ёлка, كِتَاب, Άλφα", "елка كتاب αλφα"),
        ("<b>bold</b>", "b bold b"),
        ("√٣ €5", "√ 3 € 5"),
        (" \n… — „“ ", ""),
    ],
)
def test_tokens_hold_what_carries_meaning(text: str, plain: str) -> None:
    assert " ".join(token.plain for token in tokens(text)) == plain


def test_alignment_takes_the_fewest_edits() -> None:
    found = align(list("abcabba"), list("cbabac"))

    assert found is not None
    edits = sum(run.left_end - run.left + run.right_end - run.right for run in found if not run.is_equal)
    assert edits == 5  # the example of Myers' paper
    assert found[-1].left_end == 7
    assert found[-1].right_end == 6


def test_texts_that_differ_everywhere_are_not_aligned() -> None:
    assert align([f"a{i}" for i in range(5000)], [f"b{i}" for i in range(5000)]) is None


@pytest.mark.parametrize(
    "copy",
    [
        COUNCIL.upper(),
        COUNCIL.replace(" ", "\n"),
        COUNCIL.replace("the new", "the&nbsp;new"),
        COUNCIL.replace("voted", "vtoed"),
        COUNCIL.replace("Tuesday", "Tucsday"),
        COUNCIL.replace("council", "coun-\ncil"),
        COUNCIL.replace("council", "counci1"),
        COUNCIL.replace("the new", "the the new"),
        COUNCIL.replace("the old", "old"),
        COUNCIL.replace("tram line", "tramline"),
        COUNCIL.replace("town.", "town"),
        "“" + COUNCIL.replace("voted", "*voted*") + "”",
    ],
)
def test_edits_of_form_leave_a_text_the_same(copy: str) -> None:
    assert verdict(COUNCIL, copy) == verdict(copy, COUNCIL) == SAME


@pytest.mark.parametrize(
    "copy",
    [
        COUNCIL.replace("Tuesday", "Thursday"),
        COUNCIL.replace("voted", "did not vote"),
        COUNCIL.replace("old", "new"),
        COUNCIL.replace("line", "lines"),
        COUNCIL.replace("town.", "town?"),
        COUNCIL.replace("The council", "Council 2"),
        "Ana: " + COUNCIL,
        "2. " + COUNCIL,
    ],
)
def test_another_fact_makes_a_variant(copy: str) -> None:
    assert verdict(COUNCIL, copy) == verdict(copy, COUNCIL) == VARIANT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The bill is casual about it and that is all.", "The bill is causal about it and that is all."),
        ("She rode the trail in the park.", "She rode the trial in the park."),
        ("Set maxVersion to the number given here.", "Set minVersion to the number given here."),
        ("A few people came to the show.", "Few people came to the show."),
        ("a) Press the button and wait.", "Press the button and wait."),
        ("Only C is used in this house.", "Only C++ is used in this house."),
        ("Set it to 5 in the morning.", "Set it to -5 in the morning."),
        ("Smith came to the old house.", "Smyth came to the old house."),
        ("git notes edit edit the notes", "git notes show show the notes"),
        ("The men die at home.", "The men at home."),
        ("It is a step more.", "It is step more 2."),
    ],
)
def test_words_that_only_look_alike_are_substance(one: str, other: str) -> None:
    assert verdict(one, other) == verdict(other, one) == VARIANT


def test_whole_sentences_more_contain_the_other_text() -> None:
    longer = "The rain fell. " + COUNCIL + " Nobody minded it."

    assert verdict(longer, COUNCIL) == CONTAINED
    assert verdict(COUNCIL, longer) == CONTAINS
    assert verdict(COUNCIL, COUNCIL.replace("voted", "voted late at night")) == VARIANT


def test_a_run_of_sentences_is_found_where_the_alignment_cuts_it_elsewhere() -> None:
    assert verdict("The cat sat. The bird flew. The dog ran.", "The cat sat. The dog ran.") == CONTAINED


def test_the_words_are_sorted_and_many() -> None:
    table = known_words()

    assert (table[1:] > table[:-1]).all()
    assert table.size > 100_000


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_the_same_as_itself(text: str) -> None:
    assert difference(text[:20_000], text[:20_000]).verdict == "same"


def test_marks_alone_are_not_taken_for_one_another() -> None:
    assert verdict("...", "!!!") == VARIANT
