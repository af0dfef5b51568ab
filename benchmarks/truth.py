"""The exact answer by brute force: every pair of texts that shares a shingle, with its exact Jaccard similarity.

Built on purpose apart from the library: words come from a regular expression, shingles are tuples, and the
intersections are one sparse matrix product. No frequency is capped, so nothing is missed.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from benchmarks.scores import I64

LOWEST = 0.3  # pairs below this similarity are not kept
_ALONE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3100-\u312f\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[{_ALONE}]|(?:(?![{_ALONE}_])\w)+")


class Truth(NamedTuple):
    """Exact similarities.

    Attributes:
        left: Array of shape (n_pairs,), int64.
        right: Array of shape (n_pairs,), int64, greater than left.
        jaccard: Array of shape (n_pairs,), float64, LOWEST and above.
    """

    left: I64
    right: I64
    jaccard: np.ndarray[tuple[int], np.dtype[np.float64]]


def words(text: str) -> list[str]:
    """Folded words: letters and digits in a row, or one character where a script has no spaces."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    if not folded.isascii():
        folded = "".join(c for c in folded if not unicodedata.combining(c))
    return _WORD.findall(folded)


def shingles(text: str, width: int) -> set[tuple[str, ...]]:
    """Windows of `width` words; all words of a shorter text; nothing for a text without words."""
    found = words(text)
    if len(found) <= width:
        return {tuple(found)} if found else set()
    return {tuple(found[i : i + width]) for i in range(len(found) - width + 1)}


def exact(texts: list[str], width: int) -> Truth:
    """All pairs that share a shingle and reach LOWEST; kept in a cache folder between runs."""
    key = hashlib.blake2b(f"{width} {LOWEST} {len(texts)}".encode(), digest_size=12)
    for text in texts:
        key.update(text.encode("utf-8", "surrogatepass") + b"\0")
    cache = Path(os.environ.get("DEDUPE_BENCH_CACHE", Path(tempfile.gettempdir()) / "dedupe-bench"))
    path = cache / f"truth-{key.hexdigest()}.npz"
    if path.exists():
        with np.load(path) as stored:
            return Truth(stored["left"], stored["right"], stored["jaccard"])
    found = _all_pairs([shingles(text, width) for text in texts])
    cache.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **found._asdict())
    return found


def _all_pairs(sets: list[set[tuple[str, ...]]], rows: int = 256) -> Truth:
    number: dict[tuple[str, ...], int] = {}
    indices = [number.setdefault(shingle, len(number)) for found in sets for shingle in found]
    sizes = np.array([len(found) for found in sets], np.int64)
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    ones = np.ones(len(indices), np.float32)
    matrix = csr_array((ones, np.array(indices, np.int64), offsets), shape=(len(sets), max(1, len(number))))
    turned = matrix.T.tocsr()
    parts = []
    for begin in range(0, len(sets), rows):
        product = (matrix[begin : begin + rows] @ turned).tocoo()
        left, right = product.coords[0].astype(np.int64) + begin, product.coords[1].astype(np.int64)
        shared = product.data.astype(np.float64)
        jaccard = shared / (sizes[left] + sizes[right] - shared)
        kept = (left < right) & (jaccard >= LOWEST)
        parts.append((left[kept], right[kept], jaccard[kept]))
    return Truth(*(np.concatenate(column) for column in zip(*parts, strict=True)))
