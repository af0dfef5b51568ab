"""The shortest edits from one list of tokens to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MOST_EDITS = 2000


class Span(NamedTuple):
    """A run of the alignment: tokens of both sides that are equal, or that stand for each other.

    Attributes:
        is_equal: Whether the tokens are the same on both sides.
        left: First token on the left.
        left_end: Token after the last on the left.
        right: First token on the right.
        right_end: Token after the last on the right.
    """

    is_equal: bool
    left: int
    left_end: int
    right: int
    right_end: int


def most_edits(n_left: int, n_right: int) -> int:
    """Edits up to which two lists are aligned: a third of their tokens and 24 more, 2,000 at most."""
    return min(24 + (n_left + n_right) // 3, MOST_EDITS)


def align(left: Sequence[str], right: Sequence[str]) -> list[Span] | None:
    """Align two lists of tokens by the fewest insertions and deletions.

    Args:
        left: Tokens of one side.
        right: Tokens of the other.

    Returns:
        Runs in order, equal ones and others in turn, which cover both lists; None when it takes more edits than
        :func:`most_edits`. Time O(n + d²) and memory O(d²) for d edits.

    Source:
        E. Myers, "An O(ND) difference algorithm and its variations", Algorithmica 1, 1986.
    """
    n_left, n_right = len(left), len(right)
    begin = 0
    while begin < n_left and begin < n_right and left[begin] == right[begin]:
        begin += 1
    tail = 0
    while tail < n_left - begin and tail < n_right - begin and left[n_left - 1 - tail] == right[n_right - 1 - tail]:
        tail += 1
    steps = _edits(left[begin : n_left - tail], right[begin : n_right - tail], most_edits(n_left, n_right))
    if steps is None:
        return None
    spans = [Span(True, 0, begin, 0, begin)] if begin else []
    for is_equal, x, x_end, y, y_end in steps:
        spans.append(Span(is_equal, x + begin, x_end + begin, y + begin, y_end + begin))
    if tail:
        spans.append(Span(True, n_left - tail, n_left, n_right - tail, n_right))
    return spans


def _edits(left: Sequence[str], right: Sequence[str], limit: int) -> list[Span] | None:
    """Runs of the middle, which begins and ends with a difference, if anything."""
    n_left, n_right = len(left), len(right)
    if not n_left and not n_right:
        return []
    if abs(n_left - n_right) > limit:
        return None
    furthest = {1: 0}  # of each diagonal, right - left: how far on the left the edits so far lead
    trail: list[dict[int, int]] = []
    for edits in range(limit + 1):
        trail.append(dict(furthest))
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
            x = furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1
            y = x - diagonal
            while x < n_left and y < n_right and left[x] == right[y]:
                x, y = x + 1, y + 1
            furthest[diagonal] = x
            if x >= n_left and y >= n_right:
                return _runs(trail, n_left, n_right)
    return None


def _runs(trail: list[dict[int, int]], x: int, y: int) -> list[Span]:
    """Walk back along the edits, and join neighbors of one kind."""
    runs: list[Span] = []

    def note(is_equal: bool, x_from: int, y_from: int, x_to: int, y_to: int) -> None:
        if x_from == x_to and y_from == y_to:
            return
        if runs and runs[-1].is_equal == is_equal:
            last = runs.pop()
            x_to, y_to = last.left_end, last.right_end
        runs.append(Span(is_equal, x_from, x_to, y_from, y_to))

    for edits in range(len(trail) - 1, 0, -1):
        before = trail[edits]
        diagonal = x - y
        down = diagonal == -edits or (diagonal != edits and before[diagonal - 1] < before[diagonal + 1])
        previous = diagonal + 1 if down else diagonal - 1
        x_before = before[previous]
        y_before = x_before - previous
        x_edit, y_edit = (x_before, y_before + 1) if down else (x_before + 1, y_before)
        note(True, x_edit, y_edit, x, y)
        note(False, x_before, y_before, x_edit, y_edit)
        x, y = x_before, y_before
    note(True, 0, 0, x, y)
    return runs[::-1]
