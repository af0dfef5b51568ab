"""Arrays of runs and segments: worked examples, and what holds for any sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.core.hashing import distinct, opens_run, slices


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([[]], []),
        ([[7]], [True]),
        ([[1, 1, 2, 2, 1]], [True, False, True, False, True]),
        ([[1, 1, 1, 2], [5, 5, 6, 6]], [True, False, True, True]),
    ],
    ids=["none", "one", "runs", "two columns"],
)
def test_the_first_of_each_run_is_marked(columns: list[list[int]], expected: list[bool]) -> None:
    assert opens_run(*(np.array(column, np.int64) for column in columns)).tolist() == expected


def test_numbers_are_sorted_and_kept_once() -> None:
    assert distinct(np.array([3, 1, 3, 2, 1])).tolist() == [1, 2, 3]


@given(st.lists(st.integers(0, 30)), st.integers(1, 40))
def test_slices_take_all_items_in_order_and_as_many_as_fit(sizes: list[int], limit: int) -> None:
    made = list(slices(np.array(sizes, np.int64), limit))

    assert [item for part in made for item in range(len(sizes))[part]] == list(range(len(sizes)))
    assert all(sum(sizes[part]) <= limit or part.stop - part.start == 1 for part in made)
    assert all(sum(sizes[part.start : part.stop + 1]) > limit for part in made[:-1])
