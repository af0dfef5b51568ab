"""Cleaning one text: worked examples, then properties that hold for any text."""

import json
import re

import pytest
from hostile import HOSTILE, QUICK
from hypothesis import given
from hypothesis import strategies as st

import dedupe

LONG = "The river rose by three metres in the night and took the old bridge with it."
OTHER = "Nobody was hurt because the road had been closed since the early afternoon."
NEAR = "The river rose by three metres in the night and took the old bridge with her."
SLIP = "The river rose by three metres in the nihgt, and took the old brigde with it..."


def rules(text: str, **settings: object) -> list[str]:
    return [removed.rule for removed in dedupe.analyze(text, **settings).removed]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{LONG}\n\n{LONG}", LONG),
        (f"{LONG}\n\n{OTHER}\n\n{LONG}\n", f"{LONG}\n\n{OTHER}\n"),
        (f"{LONG}\r\n\r\n{LONG}\r\n\r\n{OTHER}", f"{LONG}\r\n\r\n{OTHER}"),
        (f"{LONG}\n{OTHER}\n{LONG}\n{OTHER}", f"{LONG}\n{OTHER}"),
        (f"{LONG}\n\n{SLIP}", LONG),
        (f"{LONG}\n\n{LONG.upper()}", LONG),
        (f"  {LONG}\n\n{OTHER}\n\n{LONG}", f"  {LONG}\n\n{OTHER}"),
    ],
    ids=["adjacent", "interleaved", "CR LF", "tail repeated by lines", "misspelled", "other case", "indented"],
)
def test_repeats_go_with_one_separator(text: str, expected: str) -> None:
    assert dedupe.clean(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"Yes.\n\n{LONG}\n\nYes.\n\n{OTHER}\n\nYes.",
        f"* * *\n\n{LONG}\n\n* * *\n\n{OTHER}",
        "* * *\n\n* * *",
        f"- item\n\n{LONG}\n\n- item",
        "+---+\n| a |\n+---+\n| b |\n+---+",
        "if a:\n    return\nif b:\n    return",
        "}\n}",
        f"{LONG}\n\n{OTHER}",
        f"```\n{LONG}\n\n{LONG}\n```",
        f"```\n{LONG}\n```\n\n{LONG}",
        "```\nx = compute(a + b, c, d, e, f, g)\n```\n\n```\nx = compute(a - b, c, d, e, f, g)\n```",
    ],
    ids=[
        "refrain", "rule between", "rules side by side", "list marker", "table", "code lines", "braces", "no repeat",
        "inside a fence", "fenced and not", "code that differs by a sign",
    ],
)  # fmt: skip
def test_what_repeats_on_purpose_stays(text: str) -> None:
    assert dedupe.clean(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Chapter One\n\nChapter One\n\nIt rained.", "Chapter One\n\nIt rained."),
        (f"Weather\n\n{LONG}\n\nRoads\n\n{OTHER}\n\nWeather\n\n{LONG}", f"Weather\n\n{LONG}\n\nRoads\n\n{OTHER}"),
        (f"{LONG}\n\n* * *\n\n{OTHER}\n\nEnd.\n\n{LONG}\n\n* * *\n\n{OTHER}", f"{LONG}\n\n* * *\n\n{OTHER}\n\nEnd."),
    ],
    ids=["adjacent title", "heading of a repeated paragraph", "rule inside a repeated run"],
)
def test_short_blocks_go_only_with_company(text: str, expected: str) -> None:
    assert dedupe.clean(text) == expected


@pytest.mark.parametrize("keep", ["first", "last", "longest"])
@pytest.mark.parametrize(
    "other",
    [
        NEAR,
        LONG.replace("three", "four"),
        LONG.replace("rose", "never rose"),
        LONG.replace("old", "new"),
        f"Ana: {LONG}",
        f"2. {LONG}",
    ],
    ids=["another word", "another number", "a negation", "an opposite", "a speaker", "a step"],
)
def test_a_block_that_says_another_fact_stays_and_is_a_variant(other: str, keep: str) -> None:
    text = f"{LONG}\n\n{OTHER}\n\n{other}"
    result = dedupe.analyze(text, keep=keep)

    assert (result.text, result.removed) == (text, ())
    assert [{pair.left.text, pair.right.text} for pair in result.variants] == [{LONG, other}]
    assert dedupe.clean(text, keep=keep) == text


def test_a_version_of_one_digit_more_is_named_as_what_differs() -> None:
    """3.38.3 and 3.38.4 share all words but this one; a set of words cut at the points would name nothing."""
    notes = "SQLite {} mends the query planner of SQLite 3.38, which could give wrong answers for some joins of three."
    (pair,) = dedupe.analyze("\n\n".join(notes.format(version) for version in ("3.38.4", "3.38.3"))).variants

    assert (pair.verdict, pair.difference.verdict) == ("variant", "variant")
    assert [(run.left, run.right) for run in pair.difference.substance] == [("3.38.4", "3.38.3")]


@pytest.mark.parametrize(
    ("one", "other"),
    [("C", "C++"), ("C", "C#"), ("-5", "5"), ("5", "5%"), ("a==b", "a!=b"), ("[x]", "[ ]"), ("x2", "x²")],
    ids=lambda value: value,
)
def test_signs_belong_to_the_word_that_they_touch(one: str, other: str) -> None:
    text = "\n\n".join(
        f"The library that we use for {value} is built anew each night on two machines." for value in (one, other)
    )
    assert dedupe.clean(text) == text


def test_a_survivor_may_have_whole_sentences_more_and_not_less() -> None:
    longer = f"{LONG} Nobody had slept."
    assert dedupe.clean(f"{longer}\n\n{OTHER}\n\n{LONG}") == f"{longer}\n\n{OTHER}"
    assert dedupe.clean(f"{LONG}\n\n{OTHER}\n\n{longer}") == f"{LONG}\n\n{OTHER}\n\n{longer}"


def test_a_misspelling_goes_unless_the_text_has_both_words_elsewhere() -> None:
    one, other = (
        f"The {name} of the old town was painted anew by three artists last summer." for name in ("chapel", "chappel")
    )
    assert dedupe.clean(f"{one}\n\n{other}") == one
    both = f"{one}\n\n{other}\n\nThe chapel and the chappel are two buildings."
    assert dedupe.clean(both) == both


def test_where_the_threshold_decides_another_word_may_go() -> None:
    assert dedupe.clean(f"{LONG}\n\n{NEAR}", lose="words") == LONG


def test_a_rule_at_the_border_of_a_repeated_run_stays() -> None:
    assert dedupe.clean(f"{LONG}\n\n* * *\n\n{OTHER}\n\n{LONG}\n\n* * *\n\nAnd so on.").count("* * *") == 2


def test_equal_fenced_code_goes_once() -> None:
    fence = "```python\nfor line in open(path):\n    print(line)\n```"
    assert dedupe.clean(f"{fence}\n\n{OTHER}\n\n{fence}") == f"{fence}\n\n{OTHER}"


def test_lines_are_looked_at_when_one_paragraph_is_left() -> None:
    assert dedupe.clean(f"{LONG}\n{LONG}\n\n{LONG}\n{LONG}") == LONG


@pytest.mark.parametrize(
    ("keep", "expected"), [("first", f"{LONG}\n\n{OTHER}"), ("last", f"{OTHER}\n\n{LONG}")], ids=["first", "last"]
)
def test_keep_says_which_copy_stays(keep: str, expected: str) -> None:
    assert dedupe.clean(f"{LONG}\n\n{OTHER}\n\n{LONG}", keep=keep) == expected


def test_keep_longest_takes_the_later_longer_one() -> None:
    longer = LONG + " It really did so."
    assert dedupe.clean(f"{LONG}\n\n{OTHER}\n\n{longer}", keep="longest") == f"{OTHER}\n\n{longer}"


def test_keep_takes_a_function_of_the_block() -> None:
    assert dedupe.clean(f"{LONG}\n\n{SLIP}", keep=lambda block: block.text.count(".")) == SLIP


def test_reasons_name_both_places_and_what_is_lost() -> None:
    (removed,) = dedupe.analyze(f"{LONG}\n\n{OTHER}\n\n{NEAR}", lose="words").removed

    assert removed.block.text == NEAR
    assert removed.survivor.text == LONG
    assert (removed.rule, removed.measure, removed.novel_words) == ("similar", "jaccard", ("her",))
    assert removed.similarity == 13 / 15  # 14 shingles of 3 words each, the last one differs
    assert [(run.left, run.right) for run in removed.difference.substance] == [("it", "her")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{LONG}\n\n{LONG}", ["identical"]),
        (f"{LONG}\n\n{LONG.upper()}", ["same words"]),
        (f"{LONG}\n\n{SLIP}", ["similar"]),
        ("Chapter One\n\nChapter One\n\nIt rained.", ["adjacent"]),
        (f"Weather\n\n{LONG}\n\n{OTHER}\n\nWeather\n\n{LONG}", ["run", "identical"]),
    ],
    ids=["identical", "same words", "similar", "adjacent", "run"],
)
def test_each_rule_has_its_name(text: str, expected: list[str]) -> None:
    assert rules(text) == expected


def test_a_report_in_json_is_enough_to_restore() -> None:
    text = f"{LONG}\n\n{OTHER}\n\n{NEAR}\n\n{SLIP}\n\nÜber «Größe»\n\nÜber «Größe»"
    result = dedupe.analyze(text)
    report = json.loads(json.dumps(result.to_dict()))

    assert dedupe.restore(result.text, report) == text
    assert (report["format"], report["version"]) == ("dedupe.analysis", 1)
    assert [len(report[name]) for name in ("removed", "variants")] == [2, 1]
    assert report["variants"][0]["difference"]["runs"][0]["right"] == "her"


def test_restore_refuses_another_report() -> None:
    with pytest.raises(dedupe.InputError, match=r"must be a dedupe\.analysis of version 1, got None"):
        dedupe.restore("text", {})


@pytest.mark.parametrize("unit", ["paragraph", "line", "sentence", "document"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_normal_input(text: str, unit: str) -> None:
    result = dedupe.analyze(text, unit=unit)
    assert result.restore() == text
    assert result.text == dedupe.clean(text, unit=unit)


def test_hostile_texts_together_clean_as_each_alone() -> None:
    texts = list(QUICK.values())
    assert dedupe.clean_many(texts) == [dedupe.clean(text) for text in texts]


SENTENCES = st.sampled_from(
    [LONG, OTHER, NEAR, SLIP, "Yes.", "No!", "* * *", "- a", "Title Line", "", "  ", LONG.lower()]
)
LINES = st.lists(SENTENCES | st.text(max_size=12), max_size=12)
TEXTS = st.builds(
    lambda lines, end: end.join(lines), LINES, st.sampled_from(["\n", "\n\n", "\r\n", "\r\n\r\n", "\u2028"])
)
FENCED = st.builds(lambda text: text.replace("No!", "```"), TEXTS)
ANY = TEXTS | FENCED
UNITS = st.sampled_from(["paragraph", "line"])
KEEP = st.sampled_from(["first", "last", "longest"])


@given(ANY, UNITS, KEEP)
def test_restore_rebuilds_the_input(text: str, unit: str, keep: str) -> None:
    assert dedupe.analyze(text, unit=unit, keep=keep).restore() == text


@given(ANY, UNITS)
def test_cleaning_twice_is_cleaning_once(text: str, unit: str) -> None:
    once = dedupe.clean(text, unit=unit)
    assert dedupe.clean(once, unit=unit) == once


@given(ANY, UNITS, KEEP)
def test_nothing_is_lost_by_default(text: str, unit: str, keep: str) -> None:
    result = dedupe.analyze(text, unit=unit, keep=keep)

    assert {removed.difference.verdict for removed in result.removed} <= {"same", "contained"}
    for pair in result.variants:
        assert pair.difference.verdict in ("contains", "variant") or pair.difference.similarity < 0.8
    assert {removed.block for removed in result.removed}.isdisjoint(pair.right for pair in result.variants)


@given(ANY, UNITS)
def test_what_is_kept_is_a_subsequence(text: str, unit: str) -> None:
    result = dedupe.analyze(text, unit=unit)
    kept = "".join(char for at, char in enumerate(text) if not any(cut.start <= at < cut.end for cut in result.cuts))
    assert result.text == kept


@given(st.lists(st.integers(0, 10**9), unique=True, max_size=8))
def test_text_without_repeats_is_unchanged(numbers: list[int]) -> None:
    text = "\n\n".join(f"{number} " * 9 for number in numbers)
    assert dedupe.clean(text) == text


@given(ANY)
def test_every_word_that_is_lost_is_named(text: str) -> None:
    result = dedupe.analyze(text, unit="line", lose="words")
    left = set(re.findall(r"[^\W_]+", result.text.casefold()))
    named = {word.casefold() for removed in result.removed for word in removed.novel_words}
    lost = {word for removed in result.removed for word in re.findall(r"[^\W_]+", removed.block.text.casefold())}
    assert lost <= left | named


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (None, "doc is None, not str"),
        (b"bytes", r"doc is bytes, not str; decode it first"),
        (7, "doc is int, not str: 7"),
        (["a"], "doc is list, not str"),
    ],
    ids=["None", "bytes", "int", "list"],
)
def test_what_is_not_text_is_refused(bad: object, message: str) -> None:
    with pytest.raises(dedupe.InputError, match=message):
        dedupe.clean(bad)
    with pytest.raises(dedupe.InputError, match=message):
        dedupe.analyze(bad)
