"""What pairs of texts say: the compiled kernel gives the verdicts and similarities of the plain Python."""

import random
import sys
import time

import numpy as np
import pytest
from hostile import HOSTILE, QUICK
from hypothesis import given
from hypothesis import strategies as st

from dedupe.core.meaning.lexicon import known_words
from dedupe.core.meaning.rules import CONTAINED, CONTAINS, SAME, VARIANT
from dedupe.core.text.batch import encode
from dedupe.core.text.unicode import table

_native = pytest.importorskip(
    "dedupe.core.native._native", reason="the compiled module is not built here", exc_type=ImportError
)
agreement = pytest.importorskip("fuzz.agreement")

MARKS = [
    *(".", ",", ":", "?", "!", "'", '"', "`", "(", ")", "[x]", "{", "<", ">", "</", "/", "\\", "|", "||", "@", "#"),
    *("$", "%", "^", "&", "*", "**", "***", "_", "__", "-", "--", "->", "+", "++", "=", "==", "!=", "~", "...", "---"),
    *(" ", "  ", "\n", "\n\n", "\r\n", "\t", "\n> ", "\n- ", "-\n", "\u2010\r\n> ", "\u00ad\n", "\u2028", "\u3000"),
    *("&amp;", "&lt;", "&#39;", "&#x2019;", "&frac12;", "&shy;", "&bogus;", "&#0;", "&#55555;", "&#42;", "&#189;"),
    *("“", "”", "’", "«", "—", "–", "−", "…", "。", "？", "）", "•", "◦", "€", "°", "×", "→", "≠", "✓", "\u02bc"),
    *("\u00a0", "\u2009", "\u202f", "\u200b", "\u200d", "\u0301", "\u0307", "\u0308", "\u034f", "\u093c", "\ud800"),
]
WORDS = [
    *(
        "a",
        "the",
        "The",
        "not",
        "form",
        "from",
        "frm",
        "house",
        "hosue",
        "houze",
        "colour",
        "color",
        "modern",
        "rnodem",
    ),
    *("hello", "he1lo", "w0rd", "word", "snake_case", "camelCase", "I", "x", "der", "die", "und", "le", "les", "Haus"),
    *("café", "cafe", "naïve", "naive", "ёлка", "елка", "кот", "Άλφα", "αλφα", "ızgara", "İzmir", "ﬁsh", "ﷺ", "Ⅷ", "①"),
    *("字", "的", "が", "日本", "한국", "كِتَاب", "کتاب", "हिन्दी", "ज़", "ไทย", "\U0001f600", "\U0001d7d9", "ͺ", "㌖"),
    *(
        "0",
        "5",
        "12",
        "1,234",
        "1.000",
        "1000",
        "1 000",
        "3.14",
        "10:30",
        "1/2",
        "½",
        "x²",
        "10⁻³",
        "٣٫٥",
        "1’000",
        "७",
    ),
]
pieces = st.lists(st.sampled_from(MARKS) | st.sampled_from(WORDS) | st.characters(), max_size=25)
sentences = st.lists(st.sampled_from(WORDS) | st.sampled_from([".", "?"]), min_size=3, max_size=25)
COUNCIL = (
    "The council met on Tuesday and voted for the new tram line through the old town. It takes 3 years, and costs "
    "1,200 million euros. Nobody spoke against it; Anna Lind, who leads the council, called it a good day."
)


@given(pieces.map("".join), pieces.map("".join))
def test_both_roads_agree_on_marks_and_symbols(one: str, other: str):
    agreement.check_meanings([one, other, one + other])


@given(sentences, st.data())
def test_both_roads_agree_on_edited_words(words: list[str], data: st.DataObject):
    edited = list(words)
    for at in data.draw(st.lists(st.integers(0, len(words) - 1), max_size=4)):
        edited[at : at + data.draw(st.integers(0, 2))] = data.draw(st.lists(st.sampled_from(WORDS), max_size=2))

    agreement.check_meanings([" ".join(words), " ".join(edited), "  ".join(words[1:])])


@given(st.lists(st.sampled_from("ab. "), max_size=40).map("".join), st.lists(st.sampled_from("ab. "), max_size=40))
def test_both_roads_agree_on_few_letters(one: str, other: list[str]):
    agreement.check_meanings([one, "".join(other), " ".join(other)])


@given(st.randoms(use_true_random=False))
def test_both_roads_agree_on_edits_of_a_sentence(chooser: random.Random):
    words = COUNCIL.split(" ")
    for _ in range(chooser.randint(1, 5)):
        at = chooser.randrange(len(words))
        letters = list(words[at])
        place = chooser.randrange(len(letters) + 1)
        letters[place : place + chooser.randint(0, 2)] = chooser.choices("aelnrst1l0 -é\n", k=chooser.randint(0, 2))
        words[at] = "".join(letters)

    agreement.check_meanings([COUNCIL, " ".join(words), " ".join(words[:20])])


@pytest.mark.parametrize("name", QUICK)
def test_both_roads_agree_on_hostile_text(name: str):
    text = QUICK[name]

    agreement.check_meanings([text, text[: len(text) // 2], f"{text} {COUNCIL}", COUNCIL])


@pytest.mark.parametrize(
    "pattern", ["a {0} b", "a{0}b ", "{0}1 ", "x {0}{0}9. "], ids=["apart", "inside", "digit", "twice"]
)
def test_both_roads_agree_on_every_code_point(pattern: str):
    points = [chr(point) for point in range(0x3100)] + [chr(point) for point in range(0xF900, sys.maxunicode, 97)]
    texts = ["".join(pattern.format(point) for point in points[at : at + 64]) for at in range(0, len(points), 64)]
    for text in texts:
        agreement.check_meanings([text, text.swapcase() + " one word more"])


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        (COUNCIL, COUNCIL.upper(), SAME),
        (COUNCIL, COUNCIL.replace("Nobody spoke", "Nobody sopke"), SAME),
        (COUNCIL, COUNCIL.split(" It takes")[0], CONTAINED),
        (COUNCIL.split(" It takes")[0], COUNCIL, CONTAINS),
        (COUNCIL, COUNCIL.replace("3 years", "4 years"), VARIANT),
        ("", "", SAME),
        ("...", "!", VARIANT),
        ("", "one", VARIANT),
    ],
)
def test_verdicts_are_those_of_the_rules(left: str, right: str, verdict: int):
    verdicts, _ = agreement.check_meanings([left, right])

    assert verdicts[1] == verdict


@pytest.mark.skipif(sys.platform == "win32", reason="needs mmap and mprotect")
@given(
    st.binary(max_size=300) | st.lists(st.sampled_from(b"\xff\xf0\xe3\xc3\x80\xad&#;-\n a_*"), max_size=70).map(bytes)
)
def test_bytes_that_are_no_utf8_are_judged_too(data: bytes):
    buffer = agreement.guarded(data)  # no byte behind the last is read
    starts, ends = np.array([0, 0, len(data) // 2]), np.array([len(data), len(data) // 2, len(data)])

    verdicts, similarities = agreement.judge_bytes(buffer, starts, ends)

    assert verdicts[::4].tolist() == [SAME] * 3  # each beside itself
    assert ((similarities >= 0) & (similarities <= 1)).all()


MILLION = 1_000_000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (" ".join(f"a{n}" for n in range(MILLION)), " ".join(f"b{n}" for n in range(MILLION))),
        ("word " * MILLION, "word " * (MILLION - 1)),
        ("a b " * (MILLION // 2), "b a " * (MILLION // 2)),
        (("a " * 999 + "b ") * 1000, ("a " * 999 + "c ") * 1000),
        ("~" * MILLION + "a", "~" * MILLION + "b"),
        (". " * MILLION, ".! " * MILLION),
        (".!" * MILLION, "\n" * MILLION),
        ("*a " * MILLION, "a* " * MILLION),
        ("&amp;" * MILLION, "&" * MILLION),
        ("é" * MILLION, "e\u0301" * MILLION),
        ("a-\n" * MILLION, "-    \n" * MILLION),
    ],
    ids=[
        *("other words", "one word", "shifted", "periods", "symbols", "stops and spaces", "stops", "asterisks"),
        *("entities", "one long word", "cut words"),
    ],
)  # fmt: skip
def test_time_stays_bounded(one: str, other: str):
    laid_out = agreement.lay_out([one, other])
    started = time.process_time()

    agreement.judge_bytes(*laid_out)

    assert time.process_time() - started < 10  # half a second to two on a quiet machine


def arguments() -> dict[str, object]:
    """Arguments of `meanings` that are right."""
    buffer, starts, ends = agreement.lay_out(["one two", "three"])
    pages, entries, expansions = agreement.TABLE
    pair = {"left": np.array([0]), "right": np.array([1])}
    table = {"pages": pages, "entries": entries, "expansions": expansions, "known": known_words()}
    made = {"verdicts": np.empty(1, np.int8), "similarities": np.empty(1)}
    return {"buffer": buffer, "starts": starts, "ends": ends, **pair, **table, **made}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ends", np.array([7, 13]), r"block 1 is \[7, 13\), outside of a buffer of 12 bytes"),
        ("left", np.array([2]), r"pair 0 is \(2, 1\), but there are 2 blocks"),
        ("right", np.array([-1]), r"pair 0 is \(0, -1\), but there are 2 blocks"),
        ("right", np.array([1, 1]), "right must have 1 items, got 2"),
        ("pages", np.zeros(0, np.uint16), "the table must fold ASCII"),
        ("known", np.zeros(2, np.uint64), "known must be an aligned array of uint32"),
        ("verdicts", np.empty(1, np.uint8), "verdicts must be an aligned array of int8"),
        ("similarities", np.empty(2), "similarities must have 1 items, got 2"),
    ],
)  # fmt: skip  # a case a line
def test_wrong_arguments_are_refused(name: str, value: object, message: str):
    wrong = arguments() | {name: value}

    with pytest.raises(ValueError, match=message):
        _native.meanings(*wrong.values())


@pytest.mark.parametrize("name", [name for name in HOSTILE if name not in QUICK])
def test_large_hostile_texts_are_judged(name: str):
    text = HOSTILE[name]

    verdicts, _ = agreement.judge_bytes(*agreement.lay_out([text, text.upper(), text + " one more"]))

    assert verdicts[1] == SAME


# --- the walk that looks at what differs ------------------------------------------------


def walked(texts: list[str], sets: list[list[int]], threshold: float, least: float) -> list[list]:
    """Walk blocks that all share one bucket; survivors, similarities, variants and how alike those are."""
    found = agreement.as_sets(sets)
    n = len(texts)
    made = [np.empty(n, np.int64), np.empty(n), np.empty(n, np.int64), np.empty(n)]
    offsets, ids = np.arange(n + 1), np.zeros(n, np.int64)
    _native.walk(
        *(found.offsets, found.hashes, offsets, ids, 1, 0, threshold, 64, *made[:2]),
        *(*agreement.lay_out(texts), *agreement.TABLE, known_words(), least, *made[2:]),
    )
    return [array.tolist() for array in made]


def test_a_block_goes_for_the_leader_that_says_all_of_it_not_for_the_one_most_like_it():
    texts = ["It takes 3 years.", "It takes 4 years.", "it takes 3 years", "It takes 5 years."]
    sets = [[1, 2, 3, 9], [1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4, 5]]

    survivor, similarity, variant, alike = walked(texts, sets, 0.5, 0.8)

    assert survivor == [0, 1, 0, 3]
    assert similarity == [0.0, 0.0, 1.0, 0.0]
    assert variant == [-1, 0, -1, 1]  # the last shares 4 of 5 with the second, 3 of 6 with the first
    assert alike == [0.0, 0.6, 0.0, 0.8]


SAYINGS = [
    *("It takes 3 years.", "it takes 3 years", "It takes 4 years.", "It takes 3 yaers."),
    *("It takes 3 years. Nobody spoke against it.", "Nobody spoke against it. It takes 3 years.", "One more.", ""),
]


@given(
    st.lists(
        st.tuples(st.sampled_from(SAYINGS), st.sets(st.integers(0, 5), min_size=1), st.sets(st.integers(0, 3))),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from([0.0, 0.3, 0.5, 0.8]),
    st.sampled_from([0.0, 0.4, 0.9]),
    st.sampled_from([1, 2, 64]),
)
def test_both_roads_agree_on_a_walk_that_judges(blocks: list, threshold: float, least: float, leaders: int):
    texts, sets, buckets = zip(*blocks, strict=True)

    agreement.check_judged_walk(texts, sets, buckets, threshold, least, leaders=leaders)
    agreement.check_judged_walk(texts, sets, buckets, threshold, least, leaders=leaders, n_fixed=len(blocks) // 2)


@pytest.mark.parametrize(("least", "stays"), [(0.5, False), (0.99, True)])
def test_a_block_goes_for_a_leader_with_sentences_more_if_they_share_enough(least: float, stays: bool):
    texts = [COUNCIL, COUNCIL.split(" Nobody")[0]]

    survivor, *_ = walked(texts, [[1, 2], [1, 2]], 0.5, least)

    assert (survivor[1] == 1) == stays


@pytest.mark.parametrize(("n_given", "message"), [(11, "all that it judges texts by"), (19, "all that it judges")])
def test_a_walk_with_half_of_what_it_judges_by_is_refused(n_given: int, message: str):
    sets = agreement.as_sets([[1]])
    right = [
        sets.offsets,
        sets.hashes,
        np.array([0, 1]),
        np.array([0]),
        1,
        0,
        0.5,
        64,
        np.zeros(1, np.int64),
        np.zeros(1),
    ]
    right += [*agreement.lay_out(["one"]), *agreement.TABLE, known_words(), 0.5, np.zeros(1, np.int64), np.zeros(1)]

    with pytest.raises(ValueError, match=message):
        _native.walk(*right[:n_given])


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (11, np.zeros(2, np.int64), "ends must have 2 items, got 1"),
        (17, 1.5, "a least share between 0 and 1"),
        (18, np.zeros(2, np.int64), "variant must have 1 items, got 2"),
        (19, np.zeros(2), "variant_similarity must have 1 items, got 2"),
    ],
)  # fmt: skip  # a case a line
def test_a_walk_with_wrong_texts_is_refused(place: int, value: object, message: str):
    sets = agreement.as_sets([[1]])
    wrong = [sets.offsets, sets.hashes, np.array([0, 1]), np.array([0]), 1, 0, 0.5, 64, np.zeros(1, np.int64)]
    wrong += [np.zeros(1), *agreement.lay_out(["one"]), *agreement.TABLE, known_words(), 0.5, np.zeros(1, np.int64)]
    wrong += [np.zeros(1)]
    wrong[place] = value

    with pytest.raises(ValueError, match=message):
        _native.walk(*wrong)


@pytest.mark.parametrize(
    ("right", "has_slip"),
    [("The council aproved the new budget.", True), ("the council approved “the new budget”", False)],
    ids=["a slip", "form alone"],
)
def test_pairs_with_a_slip_are_told_from_those_without(right: str, has_slip: bool):
    batch = encode(["The council approved the new budget.", right])

    slips = np.empty(1, np.uint8)
    _native.meanings(
        *(batch.buffer, batch.starts, batch.ends, np.array([0]), np.array([1])), *table()[:3],
        known_words(), np.empty(1, np.int8), np.empty(1), slips,
    )  # fmt: skip

    assert slips.tolist() == [has_slip]
