"""Duplicates across documents: worked examples, then what holds for any collection."""

import itertools
import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hostile import HOSTILE, QUICK
from hypothesis import given
from hypothesis import strategies as st

import dedupe
from dedupe.core.bands import plan
from dedupe.errors import OptionError

CAT = "The cat sat on the mat and looked at the dog for a long time without moving."
DOG = "A dog barked at the postman, who dropped the letters and ran down the street."


def edited(text: str, *places: int) -> str:
    """Replace the words at these places."""
    words = text.split()
    for place in places:
        words[place] = f"new{place}"
    return " ".join(words)


def test_each_duplicate_names_its_survivor() -> None:
    found = dedupe.find({"a": CAT, "b": DOG, "c": CAT.upper(), "d": edited(DOG, 14)}, lose="words")

    shown = [(one.block.doc, one.survivor.doc, one.rule, one.measure) for one in found.duplicates]
    assert shown == [("c", "a", "same words", "jaccard"), ("d", "b", "similar", "jaccard")]
    assert found.duplicates[1].similarity == 12 / 14  # 13 shingles each; the last one differs
    assert [block.doc for block in found.survivors] == ["a", "b"]
    assert [tuple(block.doc for block in cluster) for cluster in found.clusters] == [("a", "c"), ("b", "d")]
    assert [(match.left.doc, match.right.doc) for match in found.matches] == [("a", "c"), ("b", "d")]


def test_a_chain_is_not_followed() -> None:
    chain = [" ".join(str(number) for number in range(start, start + 40)) for start in (0, 5, 10, 15)]

    found = dedupe.find(chain, threshold=0.7, lose="words")

    assert [(one.block.doc, one.survivor.doc) for one in found.duplicates] == [(1, 0), (3, 2)]


@pytest.mark.parametrize(
    ("keep", "expected"),
    [("first", [CAT, DOG]), ("last", [DOG, CAT + "!"]), ("longest", [DOG, CAT + "!"])],
    ids=["first", "last", "longest"],
)
def test_unique_keeps_by_policy_in_input_order(keep: str, expected: list[str]) -> None:
    assert dedupe.unique([CAT, DOG, CAT + "!"], keep=keep) == expected


def test_ties_go_to_the_earliest() -> None:
    assert dedupe.unique([CAT, CAT.upper()], keep="longest") == [CAT]
    assert dedupe.unique([CAT, CAT.upper()], keep=lambda block: 1) == [CAT]


def test_unique_gives_a_mapping_back() -> None:
    assert dedupe.unique({"x": CAT, "y": CAT, "z": ""}) == {"x": CAT, "z": ""}


@pytest.mark.parametrize(
    "texts",
    [["", ""], [" ", " "], ["\n", "\u3000"], ["cat", "dog"], ["a", "b"], ["!", "?"], ["!!", "!"], ["\ud800", "\ud801"]],
    ids=["empty", "spaces", "white space", "words", "letters", "punctuation", "lengths", "surrogates"],
)
def test_short_texts_do_not_collapse(texts: list[str]) -> None:
    assert dedupe.unique(texts) == texts


@pytest.mark.parametrize("texts", [["cat", "Cat"], ["!", "!"], ["字", "字"], ["\ud800", "\ud800"]], ids=repr)
def test_equal_short_texts_are_duplicates(texts: list[str]) -> None:
    assert dedupe.unique(texts) == texts[:1]


@pytest.mark.parametrize(
    "make",
    [list, tuple, iter, np.array, pd.Series, pl.Series, pa.array, lambda texts: pa.chunked_array([texts])],
    ids=["list", "tuple", "iterator", "numpy", "pandas", "polars", "arrow", "arrow chunks"],
)
def test_any_collection_of_text_is_taken(make: object) -> None:
    found = dedupe.find(make([CAT, DOG, CAT]))
    assert [(one.block.doc, one.survivor.doc) for one in found.duplicates] == [(2, 0)]


def test_containment_keeps_the_text_that_holds_the_other() -> None:
    both = f"{CAT} {DOG}"

    found = dedupe.find([CAT, both, DOG], measure="containment", threshold=0.9)

    assert [(one.block.doc, one.survivor.doc, one.similarity) for one in found.duplicates] == [(0, 1, 1.0), (2, 1, 1.0)]
    assert [match.verdict for match in found.matches] == ["contains", "contains"]


def test_containment_does_not_depend_on_how_many_pairs_are_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [edited(CAT, n % 9) + f" {n // 3}" * (n % 4) for n in range(60)]
    expected = dedupe.find(texts, measure="containment", pairs="all").to_dict()

    monkeypatch.setattr("dedupe.core.measures.contained._PART", 7)

    assert dedupe.find(texts, measure="containment", pairs="all").to_dict() == expected


def test_ratio_sees_through_small_misprints() -> None:
    noisy = CAT.replace("looked", "lookcd").replace("moving", "rnoving")
    assert dedupe.unique([CAT, noisy], measure="ratio", threshold=0.9, recall=0.999) == [CAT]


def test_all_pairs_are_listed_when_asked_for() -> None:
    texts = [CAT, CAT.lower(), CAT + "!", DOG, edited(DOG, 14)]

    found = dedupe.find(texts, pairs="all", lose="words")

    assert [(match.left.doc, match.right.doc) for match in found.matches] == [(0, 1), (0, 2), (1, 2), (3, 4)]


def test_coverage_matches_the_same_facts_in_other_words_and_says_why() -> None:
    one = "The central bank raised its key rate by half a point to 4.5 percent on Thursday, governor Anna Lind said."
    other = "Anna Lind, governor of the central bank, announced on Thursday that the key rate goes up to 4.5 percent."
    found = dedupe.find([one, other, DOG], measure="coverage")
    (match,) = found.matches
    assert (match.left.doc, match.right.doc, found.duplicates) == (0, 1, ())
    assert match.verdict in ("overlaps", "contains", "contained")
    assert {"Anna", "Lind"} <= {word for term, _ in match.terms for word in term.split()}


def test_unique_refuses_a_measure_that_finds_no_duplicates() -> None:
    with pytest.raises(
        OptionError,
        match=r"in unique measure must be one of .*, got 'coverage'; 'coverage' finds no duplicates: see find",
    ):
        dedupe.unique([DOG, DOG], measure="coverage")


def test_families_are_found_by_their_rare_words_below_common_template_text() -> None:
    template = " ".join(f"common{n}" for n in range(40))
    texts = [f"{template} " + " ".join(f"rare{n // 2}x{m}" for m in range(n % 2 * 4, 16)) for n in range(60)]

    plain = dedupe.find(texts, threshold=0.5)
    found = dedupe.find(texts, measure="weighted")

    assert len(plain.clusters) == 1
    assert [tuple(block.doc for block in cluster) for cluster in found.clusters] == [
        (n, n + 1) for n in range(0, 60, 2)
    ]
    assert (found.settings["threshold"], found.settings["linkage"]) == (0.26, "complete")


@pytest.mark.parametrize(
    ("linkage", "expected"), [("survivor", [0, 2]), ("complete", [0, 2]), ("single", [0])], ids=str
)
def test_linkage_says_how_matches_make_clusters(linkage: str, expected: list[int]) -> None:
    chain = [" ".join(str(number) for number in range(start, start + 40)) for start in (0, 5, 10)]
    found = dedupe.find(chain, threshold=0.7, linkage=linkage, lose="words")
    assert [block.doc for block in found.survivors] == expected


@pytest.mark.parametrize("unit", ["document", "paragraph", "line", "sentence"])
def test_blocks_under_min_words_stay_equal_or_not(unit: Any) -> None:
    texts = ["one two three four five six", "one two three four five six seven", "one two three four five six"]
    assert dedupe.unique(texts, unit=unit, threshold=0.5, lose="words", min_words=7) == texts
    assert dedupe.unique(texts, unit=unit, threshold=0.5, lose="words") == texts[:1]
    assert dedupe.unique(texts, unit=unit, min_words=7) == texts
    assert dedupe.unique(texts, unit=unit) == texts[:2]


def test_a_short_answer_is_no_duplicate_of_another() -> None:
    assert dedupe.unique(["Yes.", "Yes.", "yes"], min_words=2) == ["Yes.", "Yes.", "yes"]
    assert dedupe.unique(["Yes.", "Yes.", "yes"]) == ["Yes."]


def test_nothing_goes_because_of_a_short_block() -> None:
    known, new = ["one two three four five"], ["one two three four five six", "one two three four five"]
    assert dedupe.unique(new, against=known, threshold=0.6, lose="words", min_words=6) == new
    assert dedupe.unique(new, against=known, threshold=0.6, lose="words") == []


def test_paragraphs_of_several_documents_are_compared() -> None:
    found = dedupe.find([f"{CAT}\n\n{DOG}", f"Ünïcode first.\n\n{CAT}"], unit="paragraph")
    (one,) = found.duplicates
    assert (one.block.doc, one.block.start, one.block.text) == (1, 16, CAT)
    assert (one.survivor.doc, one.survivor.start) == (0, 0)


NOTES = [
    "SQLite 3.38.3 mends the query planner, which could give wrong answers for some joins.",
    "SQLite 3.38.4 mends the query planner, which could give wrong answers for some joins.",
    "SQLite 3.38.3 mends the query planner; which could give wrong anwsers for some joins",
]


def test_a_text_with_another_fact_stays_and_is_a_variant_of_the_one_before() -> None:
    found = dedupe.find(dict(zip("abc", NOTES, strict=True)))

    assert [(pair.block.doc, pair.survivor.doc, pair.rule) for pair in found.duplicates] == [("c", "a", "similar")]
    (pair,) = found.variants
    assert (pair.left.doc, pair.right.doc, pair.verdict) == ("a", "b", "variant")
    assert [(run.left, run.right) for run in pair.difference.substance] == [("3.38.3", "3.38.4")]
    assert found.stats["variants"] == 1


def test_a_duplicate_names_the_words_that_its_survivor_has_not() -> None:
    (pair,) = dedupe.find(NOTES[:2], lose="words", threshold=0.5).duplicates

    assert pair.novel_words == ("3.38.4",)
    assert (pair.difference.verdict, pair.difference.similarity) == ("variant", 13 / 15)


@pytest.mark.parametrize(
    ("one", "other"), [("C", "C++"), ("5", "-5"), ("a == b", "a != b"), ("- [x] tests", "- [ ] tests")], ids=str
)
@pytest.mark.parametrize("unit", ["document", "line"])
def test_signs_are_part_of_what_is_said(one: str, other: str, unit: Any) -> None:
    assert dedupe.unique([one, other], unit=unit) == [one, other]


@pytest.mark.parametrize(("n_words", "n_left"), [(49, 2), (50, 2), (51, 1)], ids=str)
def test_up_to_fifty_words_nothing_is_lost_by_default(n_words: int, n_left: int) -> None:
    words = [f"word{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(n_words)]
    texts = [" ".join(words), " ".join([*words[:-1], "other"])]

    assert len(dedupe.unique(texts)) == n_left
    assert len(dedupe.unique(texts, lose="nothing")) == 2
    assert len(dedupe.unique(texts, lose="words")) == 1


def test_variants_beside_texts_that_stay_are_named_too() -> None:
    found = dedupe.find({"b": NOTES[1]}, against={"a": NOTES[0]})
    assert [(pair.left.doc, pair.right.doc) for pair in found.variants] == [(("against", "a"), "b")]


def test_columns_have_a_row_for_each_block() -> None:
    found = dedupe.find([CAT, DOG, CAT])

    table = found.to_arrow().to_pydict()

    assert table["doc"] == [0, 1, 2]
    assert table["survivor_doc"] == [0, 1, 0]
    assert table["similarity"] == [None, None, 1.0]
    assert table["cluster"] == [0, 1, 0]
    assert found.to_pandas()["is_duplicate"].tolist() == [False, False, True]


def test_the_dict_is_versioned_json() -> None:
    made = json.loads(json.dumps(dedupe.find([CAT, CAT, *NOTES]).to_dict()))
    assert (made["format"], made["version"]) == ("dedupe.findings", 1)
    assert made["duplicates"][0]["rule"] == "identical"
    assert made["duplicates"][1]["difference"]["verdict"] == "same"
    assert made["variants"][0]["difference"]["runs"] == [
        {"kind": "replaced", "is_substance": True, "reason": "", "left": "3.38.3", "right": "3.38.4",
         "left_start": 7, "right_start": 7}
    ]  # fmt: skip


@pytest.mark.parametrize("measure", ["jaccard", "containment", "ratio"])
@pytest.mark.parametrize("unit", ["document", "paragraph", "line", "sentence"])
def test_hostile_texts_are_normal_input(unit: str, measure: str) -> None:
    texts = list(QUICK.values())
    found = dedupe.find(texts * 2, unit=unit, measure=measure)
    assert all(pair.left.text != pair.right.text for pair in found.variants)
    for one in found.duplicates:
        assert one.block.text == texts[one.block.doc % len(texts)][one.block.start : one.block.end]
        assert one.similarity >= 0.7


def test_large_hostile_texts_are_normal_input() -> None:
    texts = list(HOSTILE.values())
    found = dedupe.find([*texts, *texts])
    later = {one.block.doc for one in found.duplicates}
    assert later >= {len(texts) + place for place, text in enumerate(texts) if text.strip()}


WORDS = st.lists(st.sampled_from("one two three four five six seven eight nine ten".split()), max_size=14)
DOCS = st.lists(st.builds(" ".join, WORDS) | st.text(max_size=6), max_size=14)


def exact(texts: list[str], left: int, right: int) -> float:
    return dedupe.compare(texts[left], texts[right]).jaccard


@given(DOCS, st.sampled_from(["first", "last", "longest"]))
def test_duplicates_match_their_survivor_and_survivors_do_not_match(texts: list[str], keep: str) -> None:
    found = dedupe.find(texts, threshold=0.6, keep=keep, recall=0.9999999, lose="words")
    stay = [block.doc for block in found.survivors]

    for one in found.duplicates:
        assert one.survivor.doc in stay
        assert one.similarity == exact(texts, one.block.doc, one.survivor.doc) >= 0.6
    for left, right in itertools.combinations(stay, 2):
        assert exact(texts, left, right) < 0.6


@given(DOCS, st.sampled_from(["first", "last", "longest"]))
def test_nothing_is_lost_by_default(texts: list[str], keep: str) -> None:
    found = dedupe.find(texts, keep=keep)

    assert {pair.difference.verdict for pair in found.duplicates} <= {"same", "contained"}
    gone = {pair.block.doc for pair in found.duplicates}
    assert gone.isdisjoint(side.doc for pair in found.variants for side in (pair.left, pair.right))
    assert all(pair.difference.substance for pair in found.variants)


@given(DOCS, st.sampled_from(["nothing", "short", "words"]))
def test_listing_all_pairs_leaves_the_survivors_as_they_are(texts: list[str], lose: str) -> None:
    few, all_pairs = (dedupe.find(texts, threshold=0.6, pairs=pairs, lose=lose) for pairs in ("survivors", "all"))
    assert all_pairs.duplicates == few.duplicates
    assert set(few.matches) <= set(all_pairs.matches)


@given(DOCS, st.randoms(use_true_random=False), st.sampled_from(["nothing", "words"]))
def test_input_order_does_not_matter_to_a_policy_that_ignores_it(texts: list[str], random: object, lose: str) -> None:
    by_text = {text.casefold() + text: place for place, text in enumerate(sorted(set(texts)))}
    shuffled = list(dict.fromkeys(texts))
    once = dedupe.unique(shuffled, keep=lambda block: by_text[block.text.casefold() + block.text], lose=lose)
    random.shuffle(shuffled)
    again = dedupe.unique(shuffled, keep=lambda block: by_text[block.text.casefold() + block.text], lose=lose)
    assert sorted(once) == sorted(again)


@pytest.mark.parametrize("lose", ["short", "words"])
def test_threads_and_pieces_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch, lose: Any) -> None:
    texts = [edited(CAT, n % 15) + f" {n // 3}" for n in range(300)]
    expected = dedupe.find(texts, threads=1, lose=lose).columns()
    monkeypatch.setattr("dedupe.core.text.pieces._PIECE", 500)
    for threads in (1, 3):
        got = dedupe.find(texts, threads=threads, lose=lose).columns()
        assert all(np.array_equal(got[name], expected[name], equal_nan=name == "similarity") for name in expected)


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9])
def test_the_promised_share_of_pairs_is_found(threshold: float) -> None:
    random = np.random.default_rng(5)
    texts = []
    for number in range(400):
        base = [f"w{value}" for value in random.integers(0, 10**6, 60)]
        texts.append(" ".join(base))
        for place in random.choice(60, random.integers(1, 9), replace=False):
            base[place] = f"e{number}"
        texts.append(" ".join(base))
    true = {n for n in range(400) if exact(texts, 2 * n, 2 * n + 1) >= threshold}

    found = dedupe.find(texts, threshold=threshold)

    got = {one.block.doc // 2 for one in found.duplicates}
    assert got <= true
    assert len(got) >= 0.99 * len(true) - 1
    assert found.stats["recall_promised"] >= 0.99


@pytest.mark.slow
def test_many_equal_and_many_nearly_equal_lines_stay_cheap() -> None:
    equal = dedupe.find([CAT] * 200_000)
    assert equal.stats["duplicates"] == 199_999
    near = dedupe.find([edited(CAT, n % 15) + f" {n}" for n in range(200_000)], threshold=0.6, lose="words")
    assert near.stats["candidates"] <= 200_000 * (near.stats["bands"] + 1)
    assert near.stats["compared"] <= 200_000 * near.stats["bands"] * near.stats["leaders_per_bucket"]


@pytest.mark.slow
def test_one_line_of_a_hundred_megabytes_is_normal_input() -> None:
    text = "some words that go on and on " * 3_500_000
    assert dedupe.clean(text) == text


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (None, "docs must be a collection of str, got NoneType"),
        ("one text", r"docs is one str, not a collection; write \[text\]"),
        (b"bytes", "docs is bytes; decode it"),
        (5, "docs must be a collection of str, got int"),
        (["a", None], r"docs\[1\] is None"),
        (["a", "b", 3.5], r"docs\[2\] is float, not str: 3.5"),
        ({"k": b"x"}, r"docs\['k'\] is bytes, not str; decode it first"),
        (pd.Series(["a", None]), r"docs\[1\] is"),
    ],
    ids=["None", "str", "bytes", "int", "None inside", "float inside", "bytes in a dict", "null in a series"],
)
def test_what_is_no_collection_of_text_is_refused(bad: object, message: str) -> None:
    for verb in (dedupe.find, dedupe.unique, dedupe.clean_many):
        with pytest.raises(dedupe.InputError, match=message):
            verb(bad)


def test_no_documents_are_no_findings() -> None:
    found = dedupe.find([])
    assert (found.duplicates, found.survivors, found.clusters, found.matches) == ((), (), (), ())
    assert dedupe.unique({}) == {}


def test_plans_keep_their_promise() -> None:
    for threshold in np.linspace(0.3, 1.0, 29):
        for recall in (0.9, 0.99, 0.999):
            assert plan(float(threshold), recall).share_found(float(threshold)) >= recall
