"""The stages of coverage: terms against a plain twin, the cut, the groups, passages and emphasis."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.core.text.batch import encode
from dedupe.core.text.tokens import Words, words
from dedupe.stories.coverage import agreement, chance
from dedupe.stories.coverage.background import is_common
from dedupe.stories.coverage.clusters import average_linkage, cluster
from dedupe.stories.coverage.emphasis import NAME, NUMBER, stress
from dedupe.stories.coverage.scores import candidates, dense_scores, languages, pair_scores
from dedupe.stories.coverage.terms import BACKGROUND_DOCS, COMMON_SHARE, RARITY_POWER, Terms, weighted_terms


def words_of(texts: list[str]) -> tuple[Words, np.ndarray, np.ndarray]:
    batch = encode(texts)
    return words(batch.buffer, batch.offsets[:-1], batch.offsets[1:]), batch.buffer, batch.offsets[:-1]


def terms_of(texts: list[str]) -> Terms:
    found, _, _ = words_of(texts)
    return weighted_terms(found.hashes, found.offsets, is_common(found.hashes))


def plain_scores(texts: list[str], common: set[str]) -> np.ndarray:
    """What `weighted_terms` and `dense_scores` compute, word by word."""
    docs = [[tuple(t.split()[i : i + k]) for k in (1, 2, 3) for i in range(len(t.split()) - k + 1)] for t in texts]
    df = Counter(term for doc in docs for term in set(doc))
    n = len(texts) + BACKGROUND_DOCS

    def weight(term: tuple[str, ...], times: int) -> float:
        share = COMMON_SHARE ** len(term) if all(word in common for word in term) else 0.0
        rarity = math.log((n + 1) / (df[term] + BACKGROUND_DOCS * share + 0.5))
        return (1 + math.log(times)) * rarity**RARITY_POWER

    weights = [{term: weight(term, times) for term, times in Counter(doc).items()} for doc in docs]
    norms = [sum(w * w for w in one.values()) for one in weights]
    made = np.zeros((len(texts), len(texts)))
    for i, one in enumerate(weights):
        for j, other in enumerate(weights):
            shared = sum(w * other[term] for term, w in one.items() if term in other)
            low, high = sorted((norms[i], norms[j]))
            made[i, j] = shared / (low**0.75 * high**0.25) if i != j and low else 0.0
    return made


@given(
    st.lists(st.lists(st.sampled_from("the of quake quispe reef vote".split()), max_size=12), min_size=1, max_size=6)
)
def test_scores_are_those_of_the_plain_twin(docs: list[list[str]]) -> None:
    texts = [" ".join(doc) for doc in docs]

    found = dense_scores(terms_of(texts), np.arange(len(texts)))
    np.fill_diagonal(found, 0)

    np.testing.assert_allclose(found, plain_scores(texts, {"the", "of"}), rtol=1e-5, atol=1e-9)


def test_pairs_score_as_the_dense_matrix_does() -> None:
    terms = terms_of(["the quake hit lima", "a quake in lima", "the reef", "lima lima reef"])
    left, right = np.array([0, 0, 1]), np.array([1, 3, 3])

    found = pair_scores(terms, left, right)

    np.testing.assert_allclose(found, dense_scores(terms, np.arange(4))[left, right], rtol=1e-6)


def test_common_words_of_many_languages_are_known() -> None:
    found, _, _ = words_of(["the của und della Quispe"])

    assert is_common(found.hashes).tolist() == [True, True, True, True, False]


def test_candidates_are_all_pairs_of_a_small_collection() -> None:
    left, right = candidates(terms_of(["one"] * 4))

    assert list(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


def test_languages_are_grouped_by_the_words_they_share() -> None:
    english = "the mayor of the city said that it was not in the plan for this year"
    german = "der Bürgermeister der Stadt sagte dass es nicht im Plan für dieses Jahr steht"

    found = languages(terms_of([english, german, english + " and more", german + " und mehr"]))

    assert found[0] == found[2]
    assert found[1] == found[3]
    assert found[0] != found[1]


# chance


def test_unrelated_pairs_are_centered_and_scaled() -> None:
    scores = np.exp(np.random.default_rng(1).normal(-5.0, 0.5, 20_000))

    found = chance.measured(scores, 10_000, chance.Chance(-5.5, 0.4))

    assert found.center == pytest.approx(-5.0, abs=0.02)
    assert found.spread == pytest.approx(0.5, abs=0.03)


def test_pairs_of_stories_do_not_move_the_chance_level() -> None:
    random = np.random.default_rng(1)
    scores = np.exp(np.concatenate((random.normal(-5.0, 0.5, 18_000), random.normal(-2.0, 0.5, 2_000))))

    found = chance.measured(scores, 10_000, chance.Chance(-5.0, 0.4))

    assert found.center == pytest.approx(-5.0, abs=0.1)


def test_the_cut_keeps_the_share_of_chance_pairs() -> None:
    # 100 pairs stand far out of 10,000: 10 by chance are allowed, a tail of 0.001, which begins at 3.09
    levels = np.concatenate((np.full(100, 8.0), np.zeros(9_900)))

    assert chance.cut(levels, 10_000, 0.1) == pytest.approx(3.09, abs=0.01)


def test_nothing_stands_out_of_pure_chance() -> None:
    levels = np.random.default_rng(3).normal(size=5_000)

    assert chance.cut(levels, 5_000, 0.05) == np.inf


# groups


def levels(*rows: str) -> np.ndarray:
    return np.array([[float(cell) for cell in row.split()] for row in rows])


def test_documents_join_while_their_average_reaches_the_cut() -> None:
    found = average_linkage(levels("0 5 4 0", "5 0 4 0", "4 4 0 0", "0 0 0 0"), 3.0, 1.0, 9.0)

    assert found.tolist() == [0, 0, 0, 3]


def test_a_chain_is_no_story() -> None:
    # each is near its neighbour only: 0-1-2-3
    found = average_linkage(levels("0 4 0 0", "4 0 4 0", "0 4 0 4", "0 0 4 0"), 3.0, 1.0, 9.0)

    assert len(set(found.tolist())) == 2


def test_two_groups_that_hold_together_better_stay_apart() -> None:
    rows = ("0 7 3.5 3.5", "7 0 3.5 3.5", "3.5 3.5 0 7", "3.5 3.5 7 0")

    assert average_linkage(levels(*rows), 3.0, 1.4, 99.0).tolist() == [0, 0, 2, 2]
    assert average_linkage(levels(*rows), 3.0, 4.0, 99.0).tolist() == [0, 0, 0, 0]


def test_copies_do_not_keep_other_reports_away() -> None:
    rows = ("0 9 3.5 3.5", "9 0 3.5 3.5", "3.5 3.5 0 9", "3.5 3.5 9 0")

    assert average_linkage(levels(*rows), 3.0, 1.4, 8.0).tolist() == [0, 0, 0, 0]


def test_a_forbidden_pair_is_never_in_one_group() -> None:
    found = average_linkage(levels("0 9 -inf", "9 0 9", "-inf 9 0"), 3.0, 1.0, 99.0)

    assert found[0] != found[2]


def test_no_cut_leaves_every_document_alone() -> None:
    none = np.zeros(0, np.int64)

    assert cluster(3, none, none, np.zeros(0), np.inf, 1.0, 9.0, lambda docs: np.zeros((0, 0))).tolist() == [0, 1, 2]


# passages


def test_names_and_numbers_weigh_more() -> None:
    found, buffer, starts = words_of(["The town saw Prime Minister Rao give $7 million. Towns do."])

    factor = stress(buffer, found, starts)

    by_word = dict(zip("The town saw Prime Minister Rao give 7 million Towns do".split(), factor, strict=True))
    assert by_word["Rao"] == NAME
    assert by_word["7"] == NUMBER
    assert {by_word["The"], by_word["give"], by_word["Towns"]} == {1.0}


def passage_matches(texts: list[str], docs: list[int]) -> list[tuple[int, int]]:
    batch = encode(texts)
    weighed = agreement.weigh(batch.buffer, batch.offsets[:-1], batch.offsets[1:])
    found = agreement.matches(weighed, np.array(docs))
    return list(zip(found.left.tolist(), found.right.tolist(), strict=True))


TEXTS = [
    "Amazon Prime Video will broadcast the inauguration live on January 20, the company told reporters.",
    "The inauguration on January 20 is going to stream on Prime Video, Amazon confirmed to reporters.",
    "Rivers in the north rose again after a week of rain, and two bridges had to be closed.",
    "Musk’s Rising Influence in Washington",
    "Musk’s Expanding Influence in Washington",
]


def test_the_same_facts_in_other_words_match_and_headings_do_not() -> None:
    assert passage_matches(TEXTS, [0, 1, 1, 0, 1]) == [(0, 1)]


def test_passages_of_one_document_are_not_compared() -> None:
    assert passage_matches(TEXTS, [0, 0, 0, 0, 0]) == []


def test_a_match_shows_its_terms() -> None:
    batch = encode(TEXTS)
    weighed = agreement.weigh(batch.buffer, batch.offsets[:-1], batch.offsets[1:])

    shown = agreement.shared_terms(weighed, 0, 1, limit=20)

    terms = {batch.buffer[start:end].tobytes().decode() for start, end, _ in shown}
    assert {"Prime", "Video", "Amazon", "20", "January"} <= terms
