"""Work on many texts, cut into pieces that threads take in turn."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from dedupe.core.hashing import I64, slices

_PIECE = 1 << 20  # bytes of text in work at a time in each thread
_T = TypeVar("_T")


def in_pieces(work: Callable[[slice], _T], starts: I64, ends: I64, threads: int | None) -> list[_T]:
    """Call `work` on slices of the blocks, about a megabyte of text each, and keep their order."""
    if starts.size == 0:
        return []
    if ends[-1] - starts[0] <= _PIECE:
        return [work(slice(0, starts.size))]
    pieces = list(slices(ends - starts, _PIECE))
    n_threads = min(threads or os.cpu_count() or 1, len(pieces))
    if n_threads <= 1:
        return [work(piece) for piece in pieces]
    from concurrent.futures import ThreadPoolExecutor  # late: one piece needs none, and importing it takes time

    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(work, pieces))
