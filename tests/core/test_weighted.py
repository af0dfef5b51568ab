"""Rarity weights, the draw of words in proportion to them, and weighted Jaccard."""

import numpy as np
import pytest

import dedupe
from dedupe.core import bands
from dedupe.core.hashing import U64, fmix32, fmix64, offsets_of
from dedupe.core.measures import weighted
from dedupe.core.minhash import permutations
from dedupe.core.shingles import Shingles


def sets_of(*blocks: list[int]) -> Shingles:
    """Dense sets from small lists of word numbers."""
    return Shingles(
        np.array([word for block in blocks for word in sorted(block)], np.uint64),
        offsets_of(np.array([len(block) for block in blocks])),
    )


def hashes(count: int) -> U64:
    """Well-mixed hashes of made words."""
    return fmix64(np.arange(1, count + 1, dtype=np.uint64))


def test_a_word_of_every_text_weighs_less_than_one_of_some() -> None:
    found = sets_of(*([0, 1] for _ in range(10)), *([0] for _ in range(990)))

    common, rare = weighted.rarity_weights(found)

    assert 0 < common < 0.02
    assert rare > 4


def test_a_word_of_one_text_weighs_less_than_one_of_three() -> None:
    found = sets_of([0, 1], [0], [0], *([2] for _ in range(500)))

    of_three, of_one, _ = weighted.rarity_weights(found)

    assert of_one < of_three


def test_in_two_texts_all_words_weigh_nearly_the_same() -> None:
    shared, alone, _ = weighted.rarity_weights(sets_of([0, 1], [0, 2]))

    assert shared == pytest.approx(alone, rel=0.1)


def test_similarity_is_shared_weight_over_all_weight() -> None:
    found = sets_of([0, 1], [1, 2], [3], [])
    weights = np.array([1.0, 2.0, 5.0, 1.0])

    result = weighted.pair_similarities(found, weights, np.array([0, 0, 3]), np.array([1, 2, 3]))

    assert result == pytest.approx([2 / 8, 0, 0])


def test_equal_sets_are_fully_similar() -> None:
    found = sets_of([0, 1, 2], [0, 1, 2])

    result = weighted.pair_similarities(found, np.array([0.1, 0.2, 0.3]), np.array([0]), np.array([1]))

    assert result[0] == pytest.approx(1.0)


def test_two_blocks_draw_the_same_word_with_the_chance_of_their_similarity() -> None:
    draw = np.random.RandomState(1)
    left = list(range(60))
    right = list(range(30, 90))
    weights = draw.exponential(1.0, 90) + 0.1
    found = sets_of(left, right)
    a, b = permutations(4000, 1)

    made = weighted.signatures(found, weights, fmix32((hashes(90) >> np.uint64(32)).astype(np.uint32)), a, b)

    expected = weights[30:60].sum() / weights.sum()
    assert (made[0] == made[1]).mean() == pytest.approx(expected, abs=0.03)


def test_plan_keeps_the_recall_asked_for() -> None:
    assert weighted.plan(0.26, 0.99, 10_000).share_found(0.26) >= 0.99


@pytest.mark.parametrize("n_blocks", [1, 10_000_000])
def test_plan_needs_no_more_hashes_than_allowed(n_blocks: int) -> None:
    assert weighted.plan(0.26, 0.99, n_blocks).n_hashes <= bands.MAX_HASHES


def test_candidates_hold_the_pairs_above_the_threshold() -> None:
    draw = np.random.RandomState(2)
    bases = [set(draw.randint(0, 4000, 80).tolist()) for _ in range(100)]
    near = [set(list(base)[:60]) | set(draw.randint(0, 4000, 20).tolist()) for base in bases]
    blocks = [sorted(block) for block in (*bases, *near)]
    known = sorted({word for block in blocks for word in block})
    rank = {word: number for number, word in enumerate(known)}
    found = sets_of(*([rank[word] for word in block] for block in blocks))
    weights = weighted.rarity_weights(found)

    left, right, capped = weighted.candidate_pairs(
        found, hashes(len(known)), weights, weighted.plan(0.4, 0.99, 200), seed=1
    )

    pairs = set(zip(left.tolist(), right.tolist(), strict=True))
    assert capped == 0
    assert len(pairs & {(i, i + 100) for i in range(100)}) >= 99


def test_blocks_without_words_are_in_no_pair() -> None:
    found = sets_of([], [0, 1], [], [0, 1])
    chosen = bands.Plan(4, 1)

    left, right, _ = weighted.candidate_pairs(found, hashes(2), np.ones(2), chosen, seed=1)

    assert (left.tolist(), right.tolist()) == ([1], [3])


def test_no_pairs_have_no_similarities() -> None:
    none = np.zeros(0, np.int64)

    assert weighted.pair_similarities(sets_of([0], [1]), np.ones(2), none, none).size == 0


@pytest.mark.parametrize("texts", [[], [""], ["a", "b"], ["one text"], ["", "x y", ""]], ids=repr)
def test_texts_with_nothing_in_common_stay(texts: list[str]) -> None:
    assert dedupe.unique(texts, measure="weighted") == texts


def test_two_copies_in_a_short_list_are_found() -> None:
    texts = ["The cat sat on the mat by the door.", "A different matter.", "The cat sat on the mat by the window."]

    assert dedupe.unique(texts, measure="weighted") == texts[:2]
