"""Signatures are datasketch's, and estimate similarity without bias; word hashes do not collide."""

import itertools

import numpy as np
import pytest
from datasketch import MinHash, MinHashLSH
from hostile import HOSTILE

from dedupe.core import bands
from dedupe.core.hashing import fmix64
from dedupe.core.minhash import permutations, signatures
from dedupe.core.shingles import Shingles, shingles
from dedupe.core.sketch import sketch
from dedupe.core.text.batch import encode
from dedupe.core.text.tokens import words

TEXTS = [
    "the quick brown fox jumps over the lazy dog while the sun goes down behind the hill",
    "the quick brown fox jumps over the lazy dog while the sun goes down behind the house",
    "nothing of this has been seen before in any of the other lines of this small list",
]


def shingles_of(texts: list[str], width_words: int = 3) -> Shingles:
    batch = encode(texts)
    return shingles(words(batch.buffer, batch.offsets[:-1], batch.offsets[1:]), width_words)


def datasketch_of(found: Shingles, block: int, n_hashes: int, seed: int) -> MinHash:
    made = MinHash(num_perm=n_hashes, seed=seed, scheme="affine32", hashfunc=lambda value: value)
    for value in found.hashes[found.offsets[block] : found.offsets[block + 1]].tolist():
        made.update(value >> 32)
    return made


@pytest.mark.parametrize("seed", [1, 7, 2**32 - 1])
def test_signatures_are_those_of_datasketch(seed: int) -> None:
    found = shingles_of([*TEXTS, "", "short"])
    made = signatures(found, *permutations(64, seed))
    for block in range(5):
        assert made[block].tolist() == datasketch_of(found, block, 64, seed).hashvalues.tolist()


def test_the_sketch_hands_back_the_same_signatures() -> None:
    batch = encode(TEXTS)
    chosen = bands.Plan(4, 5)
    made = sketch(batch.buffer, batch.offsets[:-1], batch.offsets[1:], width_words=3, plan=chosen, keep_signatures=True)
    expected = signatures(shingles_of(TEXTS), *permutations(20, 1))
    assert made.signatures.tolist() == expected.tolist()
    assert made.keys.tolist() == bands.keys(expected, chosen).tolist()


def test_datasketch_indexes_hold_our_signatures() -> None:
    made = signatures(shingles_of(TEXTS), *permutations(128, 1))
    index = MinHashLSH(threshold=0.5, num_perm=128)
    for number, row in enumerate(made):
        index.insert(number, MinHash(num_perm=128, hashvalues=row, scheme="affine32"))

    query = MinHash(num_perm=128, hashvalues=made[0], scheme="affine32")
    assert sorted(index.query(query)) == [0, 1]


def test_estimates_are_unbiased() -> None:
    random = np.random.default_rng(3)
    errors = []
    for _ in range(200):
        both, left, right = np.split(random.integers(0, 2**63, 120, dtype=np.uint64), [60, 90])
        hashes = fmix64(np.concatenate((both, left, both, right)))
        made = signatures(Shingles(hashes, np.array([0, 90, 180])), *permutations(256, 1))
        errors.append(float((made[0] == made[1]).mean()) - 0.5)
    assert abs(np.mean(errors)) < 0.01  # the standard error of the mean is about 0.0022


def test_word_hashes_are_spread_and_do_not_collide() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789äж字"
    short = {"".join(word) for size in (1, 2, 3) for word in itertools.product(letters, repeat=size)}
    numbers = {f"{number:08d}" for number in range(100_000)} | {f"word{number}tail" for number in range(100_000)}
    # a character without spaces around it is a word of its own, so only words that stay whole are counted
    texts = sorted(word for word in short | numbers if "字" not in word) + ["字"]
    batch = encode([" ".join(texts)])
    hashes = words(batch.buffer, batch.offsets[:-1], batch.offsets[1:]).hashes

    assert np.unique(hashes).size == len(texts)
    bits = np.unpackbits(hashes.view(np.uint8).reshape(-1, 8), axis=1).mean(axis=0)
    assert np.abs(bits - 0.5).max() < 0.01
    # as many equal 32-bit halves as chance gives: n**2 / 2**33
    chance = len(texts) ** 2 / 2**33
    for half in (hashes >> np.uint64(32), hashes & np.uint64(0xFFFFFFFF)):
        assert len(texts) - np.unique(half).size < 3 * chance + 10


def test_a_word_has_one_hash_wherever_it_stands() -> None:
    alone = encode(["Zürich"])
    inside = encode(["x " * 1000 + "zu\u0308rich!", "字Ｚürich"])
    first = words(alone.buffer, alone.offsets[:-1], alone.offsets[1:]).hashes
    others = words(inside.buffer, inside.offsets[:-1], inside.offsets[1:]).hashes
    assert first[0] == others[1000] == others[-1]


def test_word_spans_lie_in_their_blocks() -> None:
    batch = encode(list(HOSTILE.values()))
    starts, ends = batch.offsets[:-1], batch.offsets[1:]
    found = words(batch.buffer, starts, ends)
    block = np.repeat(np.arange(starts.size), np.diff(found.offsets))
    assert (found.starts >= starts[block]).all()
    assert (found.ends <= ends[block]).all()
    assert (found.ends > found.starts).all()
