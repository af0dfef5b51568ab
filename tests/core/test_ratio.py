"""Alignment ratio: the pairs that the grams find, beside all pairs."""

import random

import numpy as np
import pytest
from corpora import near_duplicates
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import process
from rapidfuzz.distance import Indel

import dedupe
from dedupe.core.clustering.needed import measure_needed
from dedupe.core.clustering.survivors import walk_matches
from dedupe.core.hashing import F64, I64
from dedupe.core.measures import grams

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def made_words(count: int, draw: random.Random) -> list[str]:
    """Words of made syllables, a few of them frequent."""
    syllables = [a + b for a in "bdfgklmnprst" for b in "aeiou"]
    known = ["".join(draw.choices(syllables, k=draw.randint(1, 4))) for _ in range(3000)]
    return draw.choices(known, weights=[1 / (rank + 5) for rank in range(3000)], k=count)


def edited_characters(text: str, share: float, draw: random.Random) -> str:
    """Replace, drop or add so many of the characters, each alike."""
    chars = list(text)
    for place in draw.sample(range(len(chars)), max(1, round(len(chars) * share))):
        chars[place] = draw.choice(["", draw.choice(LETTERS), chars[place] + draw.choice(LETTERS)])
    return " ".join("".join(chars).split())


def edited_words(text: str, share: float, draw: random.Random) -> str:
    """Replace, drop or add so many of the words, at least one."""
    words = text.split()
    for place in draw.sample(range(len(words)), max(1, round(len(words) * share))):
        words[place] = draw.choice(["", *made_words(1, draw), f"{words[place]} {made_words(1, draw)[0]}"])
    return " ".join(" ".join(words).split())


def copies(n_words: int) -> list[str]:
    """Texts and four copies of each: few and more edits, of characters and of words."""
    draw = random.Random(n_words)
    n_texts = 40 if n_words < 40 else 15
    texts = [" ".join(made_words(n_words, draw)) for _ in range(n_texts)]
    edits = [
        edit(text, share, draw)
        for text in texts
        for share in (0.04, 0.12)
        for edit in (edited_characters, edited_words)
    ]
    both = list(dict.fromkeys([*texts, *filter(None, edits)]))
    draw.shuffle(both)
    return both


@pytest.mark.parametrize("n_words", [3, 5, 8, 12, 20, 40, 80, 200])
def test_of_the_pairs_of_each_threshold_99_percent_are_candidates(n_words: int) -> None:
    texts = copies(n_words)
    ratio = np.triu(
        process.cdist(texts, texts, scorer=Indel.normalized_similarity, score_cutoff=0.7, dtype=np.float64), 1
    )

    for threshold in (0.7, 0.8, 0.9, 0.95):
        found = grams.candidate_pairs(texts, threshold, 0.99)
        left, right = np.nonzero(ratio >= threshold)
        hit = np.isin(left * len(texts) + right, found.left * len(texts) + found.right)
        assert left.size > 10
        assert hit.mean() >= 0.99


@pytest.mark.parametrize("n_words", [5, 12])
def test_edited_pairs_of_short_texts_are_found(n_words: int) -> None:
    draw = random.Random(1)
    texts = [" ".join(made_words(n_words, draw)) for _ in range(200)]
    near = [edited_characters(text, 0.04, draw) for text in texts]
    wanted = {(i, i + 200) for i in range(200) if dedupe.compare(texts[i], near[i]).ratio >= 0.9}

    found = dedupe.find([*texts, *near], measure="ratio", threshold=0.9, pairs="all")

    pairs = {(match.left.doc, match.right.doc) for match in found.matches}
    assert len(wanted) > 150
    assert len(wanted & pairs) >= 0.99 * len(wanted)


def test_texts_whose_lengths_keep_them_apart_are_no_candidates() -> None:
    found = grams.candidate_pairs(["abcdefgh", "abcdefgh abcdefgh", "abcdefghi"], 0.9, 0.99)

    assert (found.left.tolist(), found.right.tolist()) == ([0], [2])


def test_scope_and_fixed_texts_are_kept_apart() -> None:
    texts = ["one two three", "one two threes", "one two three four"]
    scope = np.array([1, 1, 2], np.uint64)

    within = grams.candidate_pairs(texts, 0.7, 0.99, scope)
    beside = grams.candidate_pairs(texts, 0.7, 0.99, n_fixed=2)

    assert (within.left.tolist(), within.right.tolist()) == ([0], [1])
    assert set(beside.right.tolist()) == {2}


@pytest.mark.parametrize("texts", [[], [""], ["", "", "a"], ["a"], ["\ud800", "\ud800"]], ids=repr)
def test_few_and_empty_texts_are_normal_input(texts: list[str]) -> None:
    found = grams.candidate_pairs(texts, 0.7, 0.99)

    assert found.left.size == int(texts == ["\ud800", "\ud800"])


def test_a_hot_gram_is_capped_and_counted() -> None:
    texts = [f"the same words again {number:04d}" for number in range(600)]

    found = dedupe.find(texts, measure="ratio", threshold=0.8)

    assert found.stats["capped"] > 0
    assert found.stats["compared"] < 20_000  # of 179,700 pairs
    assert len(found.survivors) == 1


@given(st.integers(0, 300), st.integers(0, 1000), st.integers(0, 2**32 - 1))
def test_needed_pairs_decide_like_all_pairs(n_blocks: int, n_pairs: int, seed: int) -> None:
    draw = np.random.RandomState(seed)
    codes = np.unique(draw.randint(0, max(n_blocks, 1) ** 2, n_pairs))
    left, right = codes // max(n_blocks, 1), codes % max(n_blocks, 1)
    left, right = left[left < right], right[left < right]
    score = dict(zip(zip(left.tolist(), right.tolist(), strict=True), draw.rand(left.size), strict=True))

    def measure(one: I64, other: I64) -> F64:
        return np.array([score[pair] for pair in zip(one.tolist(), other.tolist(), strict=True)], np.float64)

    needed = measure_needed(n_blocks, left, right, measure, 0.5)

    everything = (left, right, measure(left, right))
    survivors = [
        walk_matches(n_blocks, *(column[pairs[2] >= 0.5] for column in pairs)) for pairs in (needed, everything)
    ]
    assert survivors[0][0].tolist() == survivors[1][0].tolist()
    assert survivors[0][1].tolist() == survivors[1][1].tolist()


@pytest.mark.parametrize("keep", ["first", "longest"])
def test_survivors_are_those_of_all_measured_pairs(keep: str) -> None:
    texts = near_duplicates(300, 3)

    some = dedupe.find(texts, measure="ratio", threshold=0.8, keep=keep)
    every = dedupe.find(texts, measure="ratio", threshold=0.8, keep=keep, pairs="all")

    assert some.to_dict()["duplicates"] == every.to_dict()["duplicates"]
