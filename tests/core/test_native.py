"""Compiled kernels: the same values as NumPy and the twin, and no byte read outside the buffer."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hostile import HOSTILE, QUICK
from hypothesis import given
from hypothesis import strategies as st

from dedupe.core.bands import Plan
from dedupe.core.text.batch import encode

_native = pytest.importorskip(
    "dedupe.core.native._native", reason="the compiled module is not built here", exc_type=ImportError
)
agreement = pytest.importorskip("fuzz.agreement")

PLAN = Plan(9, 4)
PIECES = [
    *("a", "B", "9", "_", " ", ".", "\n", "\x00", "word", "LongerThanEightLetters", "x" * 70),
    *("é", "\u0323", "\u0301", "\u0345", "\u20dd", "字", "ไ", "я", "한", "\u1112", "\u034f"),
    *("\u00ad", "\u200d", "ﬁ", "ﷺ", "㌖", "İ", "\ud800", "\U0001f600", "\U0001f3fd", " " * 70),
]
BREAKS = [
    *("a", "b ", "é", "字", "\n", "\n\n", "\r", "\r\n", "\x85", "\u2028", "\u2029", "\x0b", "\x1c"),
    *(" ", "\xa0", "\u1680", "\u2003", "\u200a", "\u200b", "\u202f", "\u205f", "\u3000", "\u0185", "Â"),
    *("```", "~~~", "`", "\ud800", "\U0001f600", "# ", "- "),
]
texts = st.lists(st.sampled_from(PIECES) | st.characters(), min_size=1, max_size=60).map("".join)
members = st.lists(st.integers(0, 12), max_size=12)


@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("name", [name for name, text in QUICK.items() if text])
def test_all_three_roads_agree_on_hostile_text(name: str, width: int):
    agreement.check_text([QUICK[name]], width, Plan(3, 2), twin=True)


@pytest.mark.parametrize("name", [name for name, text in HOSTILE.items() if text])
def test_native_and_numpy_agree_on_hostile_text(name: str):
    text = HOSTILE[name]

    agreement.check_text([text, text[: len(text) // 2 + 1]], 5, PLAN)


@given(st.lists(texts, min_size=1, max_size=6), st.integers(1, 9), st.sampled_from([(9, 4), (1, 1), (3, 11)]))
def test_all_three_roads_agree_on_generated_text(some: list[str], width: int, plan: tuple[int, int]):
    agreement.check_text(some, width, Plan(*plan), twin=True)


@pytest.mark.parametrize("pattern", ["{0}", "a{0}b", "字{0}\u0301", "a{0}\u0301\u0323 ", "{0}{0}"])
def test_native_and_numpy_agree_on_every_code_point(pattern: str):
    text = "".join(pattern.format(chr(point)) for point in range(sys.maxunicode + 1))

    agreement.check_text([text], 3, Plan(2, 2))


@pytest.mark.parametrize("shift", range(9))
@pytest.mark.parametrize("size", [1, 7, 8, 9, 16, 62, 63, 64, 65, 130])
def test_words_are_cut_alike_at_every_place_of_a_window(shift: int, size: int):
    word = "Ab3" * 50

    agreement.check_text(["." * (60 + shift) + word[:size], word[:size] + "é " + word[:size] + "."], 2, PLAN)


@pytest.mark.parametrize("width", [1023, 1024, 1025, 3000])
def test_windows_wider_than_a_turn_of_the_kernel(width: int):
    agreement.check_text([" ".join(map(str, range(4000)))], width, Plan(2, 2))


def test_large_sets_are_sorted_and_without_repeats():
    numbers = np.random.default_rng(1).integers(0, 150_000, 200_000)

    agreement.check_text([" ".join(map(str, numbers))], 1, Plan(2, 2))


def test_scope_is_part_of_the_keys():
    laid_out = agreement.lay_out(["one two", "one two", "."])
    scope = np.array([0, 1 << 63, 7], np.uint64)

    made = agreement.by_native(*laid_out, 5, PLAN, scope)

    agreement.assert_same(made, agreement.by_numpy(*laid_out, 5, PLAN, scope))
    assert (made["keys"][0] != made["keys"][1]).all()


def test_calls_side_by_side_give_the_same_values():
    laid_out = agreement.lay_out([f"paragraph {n} of the café, {'字' * (n % 7)}" for n in range(2000)])
    expected = agreement.by_native(*laid_out, 5, PLAN)

    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(agreement.by_native, *laid_out, 5, PLAN) for _ in range(8)]

    for call in calls:
        agreement.assert_same(call.result(), expected)


# --- sets and survivors ---------------------------------------------------------------


@given(
    st.lists(st.tuples(members, st.lists(st.integers(0, 5), max_size=4)), min_size=1, max_size=25),
    st.sampled_from([0.3, 0.5, 2 / 3, 0.8, 1.0]),
    st.sampled_from([1, 2, 64]),
)
def test_all_three_roads_agree_on_survivors(blocks: list, threshold: float, leaders: int):
    sets, buckets = zip(*blocks, strict=True)

    agreement.check_walk(sets, buckets, threshold, leaders=leaders)
    agreement.check_walk(sets, buckets, threshold, leaders=leaders, n_fixed=len(blocks) // 2)


def test_equal_similarities_choose_the_earliest_leader():
    # {1, 2} and {3, 4} share half of {1, 2, 3, 4} each; the bucket of the second comes first
    sets = [[1, 2], [3, 4], [1, 2, 3, 4]]

    agreement.check_walk(sets, [[1], [0], [0, 1]], 0.5)


@given(st.lists(st.lists(st.integers(0, 40), max_size=40), min_size=1, max_size=8), st.floats(0, 1))
def test_intersections_agree_with_and_without_threshold(sets: list, threshold: float):
    agreement.check_intersections(sets, threshold)


@pytest.mark.parametrize("few", [[], [0], [5], [0, 500, 999], [1, 2, 3], list(range(0, 1000, 90)), [2000]])
def test_intersections_of_sets_of_very_different_size(few: list[int]):
    agreement.check_intersections([few, range(1000), range(1, 1000, 2)], 0.01)


# --- texts, blocks and buckets ---------------------------------------------------------------


@given(st.lists(texts | st.text(max_size=3), max_size=6))
def test_encode_agrees_with_numpy(some: list[str]):
    expected = encode(some)
    offsets = np.empty(len(some) + 1, np.int64)

    data = _native.encode(some, offsets)

    assert bytes(data) == expected.buffer.tobytes()
    assert offsets.tolist() == expected.offsets.tolist()


@pytest.mark.parametrize("wrong", [["a", b"b"], ["a", None], ["a", 1]])
def test_encode_names_what_is_no_str(wrong: list):
    with pytest.raises(ValueError, match=r"texts\[1\] must be str, got"):
        _native.encode(wrong, np.empty(3, np.int64))


@pytest.mark.parametrize("unit", [0, 1, 2], ids=["document", "paragraph", "line"])
@given(some=st.lists(st.lists(st.sampled_from(BREAKS), max_size=25).map("".join), max_size=5))
def test_lines_agree_with_numpy(unit: int, some: list[str]):
    agreement.check_lines(some, unit)


@pytest.mark.parametrize("unit", [0, 1, 2], ids=["document", "paragraph", "line"])
def test_lines_agree_with_numpy_on_hostile_texts(unit: int):
    agreement.check_lines(list(HOSTILE.values()), unit)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a ``` b", True), ("~~~", True), ("a `` b ~~ `~`", False), ("``\n`", False), ("é```", True)],
)
def test_a_fence_is_announced_wherever_it_might_stand(text: str, expected: bool):
    buffer, starts, ends = agreement.lay_out([text])

    _, has_fences = _native.lines(buffer, np.append(starts, ends), 2, None, None, None, None)

    assert has_fences == expected


@pytest.mark.parametrize(
    ("values", "expected", "n_numbers"),
    [
        ([[5], [6], [5]], [[0], [-1], [0]], 1),
        ([[5, 5], [6, 5]], [[-1, 0], [-1, 0]], 1),
        ([[5, 7], [5, 8], [6, 7], [6, 7]], [[0, 2], [0, -1], [1, 2], [1, 2]], 3),
        ([[0], [2**64 - 1], [0], [2**64 - 1]], [[0], [1], [0], [1]], 2),
        (np.zeros((0, 3)), np.zeros((0, 3)), 0),
    ],
)
def test_number_repeats_by_hand(values: list, expected: list, n_numbers: int):
    table = np.array(values, np.uint64)

    assert _native.number_repeats(table, table.shape[1]) == n_numbers
    assert table.view(np.int64).tolist() == np.array(expected).tolist()


@pytest.mark.parametrize(("n_rows", "n_different"), [(50, 10), (5000, 900), (5000, 1), (70_000, 60_000)])
def test_numbers_of_many_repeats_are_those_of_equal_values(n_rows: int, n_different: int):
    values = np.random.default_rng(1).integers(0, n_different, n_rows).astype(np.uint64)
    values *= np.uint64(0x9E3779B97F4A7C15)
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)

    n_numbers = _native.number_repeats(values, 1)

    numbers = values.view(np.int64)
    repeated = counts[place] > 1
    assert np.array_equal(numbers >= 0, repeated)
    pairs = set(zip(place[repeated].tolist(), numbers[repeated].tolist(), strict=True))
    assert len(pairs) == np.count_nonzero(counts > 1)  # each value has one number
    assert {number for _, number in pairs} == set(range(n_numbers))  # and no two the same


keys_of_postings = st.integers(0, 9) | st.integers(0, 2**24 - 1)


@given(
    pairs=st.lists(st.tuples(keys_of_postings, st.integers(0, 255)), max_size=60),
    wanted=st.lists(keys_of_postings, max_size=20),
    old=st.lists(st.integers(0, 9), max_size=9),
    leaders=st.integers(0, 4),
)
def test_all_three_roads_agree_on_postings(pairs: list, wanted: list[int], old: list[int], leaders: int):
    agreement.check_postings(pairs, wanted, old, leaders)


@pytest.mark.parametrize("step", [1, 3, 1000, 70_000])
@pytest.mark.parametrize("power", [1, 8], ids=["even", "crowded at one end"])
def test_few_and_many_keys_are_found_in_a_long_run(step: int, power: int):
    run = (np.linspace(0, 1, 100_000, endpoint=False) ** power * 2.0**64).astype(np.uint64)
    wanted = run[::step].copy()
    row, first, end = (np.empty(wanted.size, np.int64) for _ in range(3))

    n_found = _native.find_postings(wanted, run, 0, row, first, end)

    assert n_found == wanted.size
    assert np.array_equal(first, np.searchsorted(run, wanted))
    assert np.array_equal(end, np.searchsorted(run, wanted, side="right"))


def test_the_largest_key_of_all_is_found():
    run = np.array([0, 2**64 - 2, 2**64 - 1, 2**64 - 1], np.uint64)
    row, first, end = (np.empty(2, np.int64) for _ in range(3))

    n_found = _native.find_postings(run[1::2].copy(), run, 0, row, first, end)

    assert n_found == 2
    assert list(zip(first.tolist(), end.tolist(), strict=True)) == [(1, 2), (2, 4)]


# --- the door -------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="needs mmap and mprotect")
@pytest.mark.parametrize("end", ["", "a", "é", "字", "\U0001f600", "e\u0301", "word", "longerthaneight"])
@pytest.mark.parametrize("size", [0, 1, 5, 8, 31, 57, 60, 63, 64, 65, 127, 200])
def test_no_byte_after_the_buffer_is_read(size: int, end: str):
    data = (b"one Two3 " * 30)[:size] + end.encode()
    at = np.array([0], np.int64)
    to = np.array([len(data)], np.int64)

    made = agreement.by_native(agreement.guarded(data), at, to, 2, PLAN)

    agreement.assert_same(made, agreement.by_native(np.frombuffer(data, np.uint8), at, to, 2, PLAN))


@pytest.mark.skipif(sys.platform == "win32", reason="needs mmap and mprotect")
@given(st.binary(max_size=200) | st.lists(st.sampled_from([0xFF, 0xF0, 0xE3, 0xC3, 0x80, 97]), max_size=70).map(bytes))
def test_bytes_that_are_no_utf8_stay_inside_the_buffer(data: bytes):
    at, to = np.array([0, 0], np.int64), np.array([len(data), len(data) // 2], np.int64)

    made = agreement.by_native(agreement.guarded(data), at, to, 2, Plan(2, 2))

    assert (made["word_ends"] <= len(data)).all()
    assert (made["word_starts"] < made["word_ends"]).all()


def arguments() -> dict:
    """Arguments of `sketch` that are right."""
    buffer, starts, ends = agreement.lay_out(["one two", "three"])
    pages, entries, expansions = agreement.TABLE
    names = ("pages", "entries", "expansions", "width", "key", "secret", "a", "b", "n_bands", "n_rows", "scope")
    values = (pages, entries, expansions, 5, 0, 1, *agreement.permutations(4, 1), 2, 2, None)
    return {
        "buffer": buffer,
        "starts": starts,
        "ends": ends,
        **dict(zip(names, values, strict=True)),
        "n_words": np.empty(2, np.int32),
        "text_hash": np.empty((2, 2), np.uint64),
        "keys": np.empty((2, 2), np.uint64),
        "signatures": np.empty((2, 4), np.uint32),
    }


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("buffer", "text", "buffer must be a contiguous array of uint8"),
        ("buffer", np.zeros(12, np.int8), "buffer must be an aligned array of uint8, got format 'b'"),
        ("starts", np.zeros(2, np.int32), "starts must be an aligned array of int64, got format 'i'"),
        ("starts", np.zeros((2, 2), np.int64)[:, 0], "starts must be a contiguous array of int64"),
        ("starts", np.array([-1, 7]), r"block 0 is \[-1, 7\), outside of a buffer of 12 bytes"),
        ("starts", np.array([0, 13]), r"block 1 is \[13, 12\)"),
        ("ends", np.array([7, 13]), r"block 1 is \[7, 13\)"),
        ("ends", np.zeros(3, np.int64), "ends must have 2 items, got 3"),
        ("ends", np.frombuffer(bytes(17), np.int64, 2, 1), "ends must be an aligned array"),
        ("pages", np.full(8704, 65535, np.uint16), r"pages has the number 65535, but entries has \d+ pages"),
        ("pages", np.zeros(0, np.uint16), "the table must fold ASCII"),
        ("pages", np.ones(8704, np.uint16), "the table must fold ASCII letters to lower case"),
        ("width", 0, "width_words must be between 1 and 1048576, got 0"),
        ("width", 1 << 40, "width_words must be between 1 and 1048576"),
        ("a", np.zeros(3, np.uint32), "a must have 4 items, got 3"),
        ("b", np.zeros(4, np.int64), "b must be an aligned array of uint32"),
        ("n_bands", 0, r"n_bands \* n_rows must be between 1 and 65536, got 0 \* 2"),
        ("n_rows", 1 << 62, r"n_bands \* n_rows must be between 1 and 65536"),
        ("scope", np.zeros(1, np.uint64), "scope must have 2 items, got 1"),
        ("n_words", np.zeros(2, np.int64), "n_words must be an aligned array of int32"),
        ("text_hash", np.zeros(2, np.uint64), "text_hash must have 4 items, got 2"),
        ("keys", np.zeros(4, np.uint64).view(">u8"), "keys must be an aligned array of uint64"),
        ("keys", bytes(32), "keys must be a contiguous and writable array of uint64"),
        ("signatures", np.zeros(7, np.uint32), "signatures must have 8 items, got 7"),
    ],
)  # fmt: skip  # a case a line
def test_wrong_arguments_are_refused(name: str, value: object, message: str):
    wrong = arguments() | {name: value}

    with pytest.raises(ValueError, match=message):
        _native.sketch(*wrong.values())


def test_right_arguments_are_taken():
    right = arguments()

    _native.sketch(*right.values())

    assert right["n_words"].tolist() == [2, 1]


def test_a_table_with_an_expansion_outside_of_itself_is_survived():
    made = arguments()
    made["buffer"] = np.frombuffer("ﬁ und ﬂ".encode(), np.uint8)[:12]
    made["starts"], made["ends"] = np.array([0, 0]), np.array([11, 4])
    made["expansions"] = made["expansions"][:1]

    _native.sketch(*made.values())

    assert made["n_words"].tolist() == [1, 0]


@pytest.mark.parametrize("room", [0, 1, 2])
def test_too_little_room_is_refused(room: int):
    text = (*agreement.lay_out(["one two three"]), *agreement.TABLE)
    offsets, hashes = np.empty(2, np.int64), np.empty(room, np.uint64)

    with pytest.raises(ValueError, match="hashes is too short"):
        _native.words(*text, offsets, hashes, None, None)
    with pytest.raises(ValueError, match="hashes is too short"):
        _native.shingle_sets(*text, 1, 0, offsets, hashes)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, np.array([0, 5]), "set_offsets must ascend from 0 or more to at most 2"),
        (0, np.array([1, 0]), "set_offsets must ascend"),
        (0, np.zeros(0, np.int64), "bucket_offsets must have 0 items, got 2"),
        (2, np.array([0, 3]), "bucket_offsets must ascend from 0 or more to at most 1"),
        (3, np.array([1]), r"bucket_ids\[0\] is 1, but n_buckets is 1"),
        (3, np.array([-1]), r"bucket_ids\[0\] is -1"),
        (4, -1, "n_buckets=-1"),
        (6, 1.5, "a threshold between 0 and 1"),
        (6, float("nan"), "a threshold between 0 and 1"),
        (7, 0, "leaders=0"),
        (8, np.zeros(2, np.int64), "survivor must have 1 items, got 2"),
    ],
)  # fmt: skip  # a case a line
def test_a_walk_over_wrong_arrays_is_refused(place: int, value: object, message: str):
    wrong: list = [np.array([0, 2]), np.array([3, 4], np.uint64), np.array([0, 1]), np.array([0]), 1]
    wrong += [0, 0.5, 64, np.zeros(1, np.int64), np.zeros(1)]
    wrong[place] = value

    with pytest.raises(ValueError, match=message):
        _native.walk(*wrong)


@pytest.mark.parametrize("pair", [(0, 2), (2, 0), (-1, 0)])
def test_a_pair_of_sets_that_do_not_exist_is_refused(pair: tuple[int, int]):
    left, right = np.array(pair[:1]), np.array(pair[1:])

    with pytest.raises(ValueError, match=r"pair 0 is .*, but there are 2 sets"):
        _native.intersections(np.array([0, 0, 0]), np.zeros(0, np.uint64), left, right, np.zeros(1, np.int64))


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, np.array([2, 1], np.uint64), "wanted must ascend, but item 1 is smaller than the one before"),
        (1, np.zeros(2, np.int64), "run must be an aligned array of uint64"),
        (2, 64, "id_bits must be between 0 and 63, got 64"),
        (2, -1, "id_bits must be between 0 and 63, got -1"),
        (3, np.zeros(1, np.int64), "rows must have 2 items, got 1"),
        (5, np.zeros(3, np.int64), "ends must have 2 items, got 3"),
    ],
)  # fmt: skip  # a case a line
def test_looking_up_wrong_arrays_is_refused(place: int, value: object, message: str):
    wrong: list = [np.array([1, 2], np.uint64), np.zeros(3, np.uint64), 24]
    wrong += [np.zeros(2, np.int64) for _ in range(3)]
    wrong[place] = value

    with pytest.raises(ValueError, match=message):
        _native.find_postings(*wrong)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, np.array([1, 5], np.uint64), "postings have the id 5, but stays has 2 items"),
        (1, 64, "id_bits must be between 0 and 63, got 64"),
        (2, np.zeros(2, np.bool_), "stays must be an aligned array of uint8"),
        (3, np.array([0, 3]), "met must ascend from 0 or more to at most 2"),
        (4, -1, "leaders must be 0 or more, got -1"),
        (5, np.zeros(1, np.uint64), "rest must have 2 items, got 1"),
    ],
)  # fmt: skip  # a case a line
def test_splitting_wrong_arrays_is_refused(place: int, value: object, message: str):
    wrong: list = [np.array([0, 1], np.uint64), 24, np.ones(2, np.uint8), np.zeros(0, np.int64), 64]
    wrong.append(np.zeros(2, np.uint64))
    wrong[place] = value

    with pytest.raises(ValueError, match=message):
        _native.split_postings(*wrong)
