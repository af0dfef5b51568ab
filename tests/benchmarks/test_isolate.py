"""A library in a process of its own: its result, and its death, come back as values."""

import pytest

from benchmarks import isolate
from benchmarks.peers import Settings, grams

TEXTS = [
    "the quick brown fox jumps over the lazy dog near the old river bank today",
    "The quick brown fox jumps over the lazy dog, near the old river bank today!",
    "an entirely different sentence that shares nothing with the others at all",
]


def test_ours_comes_back_with_pairs_and_counts(tmp_path) -> None:
    corpus = isolate.Corpus(TEXTS, str(tmp_path))

    done = isolate.run("ours", corpus, Settings(wants_pairs=True))

    assert done.failure == ""
    assert done.outcome is not None
    assert done.outcome.kept.tolist() == [True, False, True]
    assert list(zip(done.outcome.left.tolist(), done.outcome.right.tolist(), strict=True)) == [(0, 1)]
    assert done.result["counts"]["duplicates"] == 1


def test_too_little_memory_is_a_result(tmp_path) -> None:
    done = isolate.run("ours", isolate.Corpus(TEXTS, str(tmp_path)), Settings(), memory_gb=0.05)

    assert done.outcome is None
    assert done.failure


def test_too_much_time_is_a_result(tmp_path) -> None:
    done = isolate.run("ours", isolate.Corpus(TEXTS, str(tmp_path)), Settings(), time_limit_s=0.01)

    assert done.failure == "stopped after 0.01 s"


@pytest.mark.parametrize(
    ("text", "expected"), [("A b, c d", ["a b c", "b c d"]), ("a b", ["a b"]), ("!", [])], ids=["long", "short", "none"]
)
def test_grams_are_made_as_users_make_them(text: str, expected: list[str]) -> None:
    assert grams(text, 3) == expected
