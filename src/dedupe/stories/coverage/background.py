"""Which words are common in their language, so that four documents are enough to measure rarity.

`background.bin` is made by `tools/make_background.py` from the word lists of Stopwords ISO (MIT License),
58 languages. It holds the upper halves of word hashes, so a rare word passes for a common one with a
probability of about 4e-6.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np

from dedupe.core.hashing import U32, U64, Bool

FILE = "background.bin"


@lru_cache(maxsize=1)
def _table() -> U32:
    data = files("dedupe.stories.coverage").joinpath(FILE).read_bytes()
    return np.frombuffer(data, "<u4").astype(np.uint32)


def is_common(hashes: U64) -> Bool:
    """Tell which words are on the list of common words of some language.

    Args:
        hashes: Array of shape (n_words,), uint64: word hashes as in `tokens`.

    Returns:
        Array of shape (n_words,), bool.
    """
    table, short = _table(), (hashes >> np.uint64(32)).astype(np.uint32)
    at = np.searchsorted(table, short)
    at[at == table.size] = 0
    result: Bool = table[at] == short
    return result
