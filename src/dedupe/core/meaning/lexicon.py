"""Which words are known, so that two near words that both exist are not taken for one word and its misspelling.

`words.bin` is made by `tools/make_words.py` (sources and terms: there and in NOTICE). It holds the upper halves of
word hashes, so a string that is no word passes for one with a probability of about one in twenty thousand.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from importlib.resources import files

import numpy as np

from dedupe.core.hashing import U32
from dedupe.core.text.tokens import words

FILE = "words.bin"


@lru_cache(maxsize=1)
def known_words() -> U32:
    """Hashes of all known words.

    Returns:
        Array of shape (n_words,), uint32, ascending; read-only.
    """
    steps = np.frombuffer(zlib.decompress(files("dedupe.core.meaning").joinpath(FILE).read_bytes()), "<u4")
    hashes = np.cumsum(steps, dtype=np.uint32)
    hashes.flags.writeable = False
    return hashes


@lru_cache(maxsize=1 << 14)
def hash_of(plain: str) -> int:
    """The upper 32 bits of a word's hash, by its plain form; 0 for what is no single word."""
    data = np.frombuffer(plain.encode("utf-8", "surrogatepass"), np.uint8)
    found = words(data, np.zeros(1, np.int64), np.array([data.size]))
    return int(found.hashes[0]) >> 32 if found.hashes.size == 1 else 0


@lru_cache(maxsize=1 << 14)
def is_known(plain: str) -> bool:
    """Whether a plain form is a known word of some language."""
    table, wanted = known_words(), np.uint32(hash_of(plain))
    at = int(np.searchsorted(table, wanted))
    return at < table.size and bool(table[at] == wanted)
