"""The generator of edited copies: every kind applies, and a copy says what its sort promises."""

import html
import re
import struct
import unicodedata
from collections.abc import Callable
from random import Random

import pytest

from benchmarks.same_or_other import catalogs, judge
from benchmarks.same_or_other.kinds import KINDS, Kind, Pair
from benchmarks.same_or_other.language import CODES, load
from benchmarks.same_or_other.tables import parse_options

ENGLISH = load("en")
NAMED = {kind.name: kind for kind in KINDS}
NOT_IN_ENGLISH = {"blank beside digits", "half-width katakana", "own digits", "letter forms", "optional marks"}
SAME = [kind for kind in KINDS if kind.sort == "same fact"]


def pairs(kind: Kind, *codes: str) -> list[Pair]:
    """Every pair of a kind from the paragraphs of languages."""
    made = [
        kind.pair(text, Random(f"{code} {number}"), load(code))
        for code in codes
        for number, text in enumerate(load(code).paragraphs)
    ]
    return [pair for pair in made if pair is not None]


def words(text: str) -> list[str]:
    return re.sub(r"[^\w\s]|_", " ", text).split()


def letters(text: str) -> str:
    return "".join(words(text))


def bare(text: str) -> str:
    """Letters without accents and optional marks, in one form."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def without(members: tuple[str, ...]) -> Callable[[str], list[str]]:
    return lambda text: [word for word in text.split() if word not in members]


def digits_only(text: str) -> list[str]:
    return re.findall(r"\d", text)


def once(text: str) -> str:
    """Neighbors that are equal, written once: words, or signs where no blanks stand."""
    return re.sub(r"(\w)\1", r"\1", re.sub(r"\b(\w+) \1\b", r"\1", text))


def american(text: str) -> str:
    for code in CODES:
        for first, second in load(code).spellings:
            text = text.replace(second, first)
    return text


NORMALIZED: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(["upper case", "lower case", "title case"], lambda text: bare(text.upper())),
    **dict.fromkeys(["wrapped", "rewrapped", "unwrapped", "tabs", "double blanks", "no-break blanks"], str.split),
    **dict.fromkeys(["trailing blanks", "indent"], str.strip),
    **dict.fromkeys(["blank beside digits", "quotes", "apostrophe", "dash", "ellipsis", "emphasis"], letters),
    **dict.fromkeys(["period dropped", "comma dropped", "comma added", "semicolon", "line-end hyphen"], letters),
    **dict.fromkeys(["entities", "numeric entities"], html.unescape),
    "blank entities": lambda text: html.unescape(text).split(),
    **dict.fromkeys(
        ["full width", "half-width katakana", "ligatures"], lambda text: unicodedata.normalize("NFKC", text)
    ),
    "decomposed": lambda text: unicodedata.normalize("NFC", text),
    **dict.fromkeys(["zero-width blanks", "soft hyphens", "non-joiners"], lambda text: text.translate(INVISIBLE)),
    "byte order mark": lambda text: text.translate(INVISIBLE),
    "group marks": digits_only,
    "own digits": lambda text: [int(digit) for digit in re.findall(r"\d", text)],
    **dict.fromkeys(["lost accent", "optional marks"], bare),
    **dict.fromkeys(["article less", "article more"], without((*ENGLISH.articles, *load("de").articles))),
    "doubled word": once,
    "spelling": american,
    "letter forms": lambda text: text.translate(str.maketrans("أإآيك", "اااىک")).replace("ی", "ى"),
}
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u00ad\u200c\ufeff"))
MISWRITTEN = ("one typo", "two typos", "scanning error")


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.name not in NOT_IN_ENGLISH], ids=lambda kind: kind.name
)
def test_every_kind_applies_in_english_and_changes_the_text(kind: Kind) -> None:
    made = pairs(kind, "en")

    assert made
    assert all(pair.text != pair.copy for pair in made)


@pytest.mark.parametrize("name", sorted(NOT_IN_ENGLISH))
def test_kinds_of_other_scripts_apply_somewhere(name: str) -> None:
    assert pairs(NAMED[name], *CODES)


def test_every_kind_of_the_same_fact_has_a_normalization() -> None:
    assert {kind.name for kind in SAME} == {*NORMALIZED, *MISWRITTEN}


@pytest.mark.parametrize("kind", [kind for kind in SAME if kind.name in NORMALIZED], ids=lambda kind: kind.name)
def test_the_same_fact_is_the_same_after_the_obvious_normalization(kind: Kind) -> None:
    normalized = NORMALIZED[kind.name]

    first, *_, last = pairs(kind, "en", "de", "ja", "hi", "ar")

    assert normalized(first.text) == normalized(first.copy)
    assert normalized(last.text) == normalized(last.copy)


@pytest.mark.parametrize(("name", "slips"), [("one typo", 1), ("two typos", 2), ("scanning error", 1)])
def test_slips_change_one_word_each_and_give_no_known_word(name: str, slips: int) -> None:
    made = pairs(NAMED[name], "en", "de", "es", "tr")

    changed = [
        [new for old, new in zip(words(pair.text), words(pair.copy), strict=True) if old != new] for pair in made
    ]

    assert {len(new) for new in changed} == {slips}
    assert not {word for new in changed for word in new} & ENGLISH.vocabulary


@pytest.mark.parametrize(
    ("name", "text", "copy"),
    [
        ("opposite", "The gate is open.", "The gate is closed."),
        ("negation", "You cannot stay.", "You can stay."),
        ("modal", "Guests should wait.", "Guests must wait."),
        ("pronoun", "He paid.", "She paid."),
        ("near word", "It came from Rome.", "It came form Rome."),
        ("weekday", "Closed on Foo.", None),
        ("word dropped", "Only members vote.", "Members vote."),
        ("question", "It rains.", "It rains, right?"),
        ("sentence less", "It rains.", None),
        ("upper case", "It rains.", "IT RAINS."),
        ("title case", "It rains.", "It Rains."),
        ("period dropped", "It rains.", "It rains"),
        ("apostrophe", "It's 5 o'clock.", "It’s 5 o’clock."),
        ("ligatures", "five offices flood", "ﬁve oﬃces ﬂood"),
        ("full width", "No 5", "Ｎｏ ５"),
        ("lost accent", "a fiancé", "a fiance"),
        ("spelling", "a gray day", "a grey day"),
        ("comma dropped", "1,200 men, no boat", "1,200 men no boat"),
        ("article less", "in the sun", "in sun"),
    ],
)
def test_worked_examples(name: str, text: str, copy: str | None) -> None:
    assert NAMED[name].edit(text, Random(1), ENGLISH) == copy


def test_a_month_is_no_modal() -> None:
    assert NAMED["modal"].edit("It rained in May.", Random(1), ENGLISH) is None


def test_turkish_capitals_keep_their_dots() -> None:
    assert NAMED["upper case"].edit("iki ışık", Random(1), load("tr")) == "İKİ IŞIK"


def test_a_word_without_blanks_around_it_is_exchanged() -> None:
    assert NAMED["opposite"].edit("销售额上升了", Random(1), load("zh")) == "销售额下降了"


@pytest.mark.parametrize("code", CODES)
def test_languages_have_natural_paragraphs_and_most_kinds(code: str) -> None:
    language = load(code)

    assert len(language.paragraphs) >= 12
    assert sum(bool(pairs(kind, code)) for kind in KINDS) > 60


def test_pairs_are_the_same_for_the_same_seed() -> None:
    kind = NAMED["two typos"]

    assert judge.pairs_of(kind, ENGLISH, 1) == judge.pairs_of(kind, ENGLISH, 1)
    assert judge.pairs_of(kind, ENGLISH, 1) != judge.pairs_of(kind, ENGLISH, 2)


@pytest.mark.parametrize("verb", judge.VERBS)
def test_equal_words_are_taken_and_other_texts_stay(verb: judge.Verb) -> None:
    same = NAMED["double blanks"]
    other = Kind("another text", "other fact", lambda text, draw, language: draw.choice(load("de").paragraphs))

    assert judge.share_taken(verb, same, judge.pairs_of(same, ENGLISH, 1), {}) == 1
    assert judge.share_taken(verb, other, judge.pairs_of(other, ENGLISH, 1)[:1], {}) == 0


def test_a_shorter_copy_can_go_without_loss_and_a_fuller_one_cannot() -> None:
    text, copy = "It rains. It pours.", "It rains."

    assert not judge.is_taken(NAMED["sentence less"], Pair(text, copy), [text])
    assert judge.is_taken(NAMED["sentence more"], Pair(copy, text), [copy])
    assert judge.is_taken(NAMED["number"], Pair(text, copy), [text])


def test_a_copy_of_the_same_that_is_cut_in_part_is_not_taken() -> None:
    pair = Pair("one\ntwo\nthree", "one two\nthree")

    assert judge.is_taken(NAMED["rewrapped"], pair, [pair.text])
    assert not judge.is_taken(NAMED["rewrapped"], pair, [pair.text, "one two"])


def test_options_are_json_or_strings() -> None:
    assert parse_options(["lose=nothing", "threshold=0.9"]) == {"lose": "nothing", "threshold": 0.9}


def test_an_option_without_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="got 'lose'"):
        parse_options(["lose"])


def test_message_catalogs_are_read() -> None:
    source, translation = b"Hello", "Привет".encode()
    head = struct.pack("<5I", 0x950412DE, 0, 1, 20, 28)
    tables = struct.pack("<4I", len(source), 36, len(translation), 36 + len(source))

    catalog = head + tables + source + translation

    assert list(catalogs.messages(catalog, is_source=True)) == ["Hello"]
    assert list(catalogs.messages(catalog, is_source=False)) == ["Привет"]
    assert list(catalogs.messages(b"\0" * 20, is_source=True)) == []
