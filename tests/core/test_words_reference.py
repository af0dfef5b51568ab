"""The plain twins on examples worked out by hand, so that they can judge the fast stages."""

import pytest
import reference as r


def words(text: str) -> list[str]:
    return ["".join(map(chr, word)) for word in r.fold(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("... !", []),
        ("Don't stop_me, 3.14", ["don", "t", "stop", "me", "3", "14"]),
        ("Café CAFE\u0301", ["cafe\u0301", "cafe\u0301"]),
        ("GPT模型2024年", ["gpt", "模", "型", "2024", "年"]),
        ("ลำ", ["ล\u0e4d", "า"]),
        ("\u0301a", ["a"]),
        ("hy\u00adphen a\u200db", ["hyphen", "ab"]),
        ("字\u0301a\u0301b", ["字\u0301", "a\u0301b"]),
        ("👋🏽👋", ["👋🏽", "👋"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_word_bytes() -> None:
    # U+0301 = 0b110_0000001: 0x80 | 0, 0x80 | 6, 0x80 | 1.
    assert r.word_bytes(map(ord, "a\u0301")) == b"\x61\x80\x86\x81"


def test_word_hash_of_one_letter() -> None:
    assert r.word_hash([0x61]) == r.fmix64((r.GOLDEN + r.fmix64((0x61 + r.POSITION) & r.MASK)) & r.MASK)


def test_mixers() -> None:
    # The finalizers of MurmurHash3 on 1, as published test vectors give them.
    assert (r.fmix64(0), r.fmix64(1)) == (0, 0xB456BCFC34C2CB2C)
    assert (r.fmix32(0), r.fmix32(1)) == (0, 0x514E28B7)


def test_text_hash_goes_by_words_and_without_words_by_bytes() -> None:
    assert r.text_hash("One, two!") == r.text_hash("one two")
    assert r.text_hash("one two") != r.text_hash("two one")
    assert r.text_hash("***") != r.text_hash("---")
    assert r.text_hash("") == (r.fmix64(r.RAW), r.fmix64(r.RAW))


@pytest.mark.parametrize(("n_words", "n_shingles"), [(0, 0), (1, 1), (3, 1), (4, 2), (9, 7)])
def test_number_of_shingles(n_words: int, n_shingles: int) -> None:
    assert len(r.shingles(list(range(n_words)), 3)) == n_shingles


def test_shingle_of_one_word() -> None:
    assert r.shingles([7], 5) == [r.fmix64((1 + 7 * r.MULTIPLY) & r.MASK)]


def test_signature_is_that_of_datasketch() -> None:
    datasketch = pytest.importorskip("datasketch")
    shingles = r.shingle_set(r.word_hashes("one two three four five six"), 3)
    theirs = datasketch.MinHash(8, seed=5, scheme="affine32", hashfunc=int)
    theirs.update_batch([shingle >> 32 for shingle in shingles])

    assert r.signature(shingles, 8, 5) == theirs.hashvalues.tolist()


def test_signature_of_nothing() -> None:
    assert r.signature([], 3, 1) == [0xFFFFFFFF] * 3


def test_band_keys_depend_on_their_rows_and_scope() -> None:
    assert r.band_keys([1, 2, 3, 4], 2, 2)[0] == r.band_keys([1, 2, 9, 9], 2, 2)[0]
    assert r.band_keys([1, 2, 1, 2], 2, 2)[0] != r.band_keys([1, 2, 1, 2], 2, 2)[1]
    assert r.band_keys([1], 1, 1, scope=5) != r.band_keys([1], 1, 1)


def test_walk_is_chain_safe() -> None:
    sets = [[1, 2, 3], [2, 3, 4], [3, 4, 5]]

    assert r.walk(sets, [[0]] * 3, [0, 1, 2], 0.5) == [(0, 0.0), (0, 0.5), (2, 0.0)]
    assert r.walk(sets, [[0]] * 3, [1, 0, 2], 0.5) == [(1, 0.5), (1, 0.0), (1, 0.5)]


def test_walk_stops_adding_leaders_at_the_limit() -> None:
    assert r.walk([[1], [2], [2]], [[0]] * 3, [0, 1, 2], 0.5, leaders=1)[2] == (2, 0.0)
