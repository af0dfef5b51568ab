"""Planted copies: what each edit does, and that the truth belongs to the texts."""

import unicodedata

import numpy as np
import pytest

from dedupe.errors import OptionError
from dedupe.verbs.edits import EDITS
from dedupe.verbs.plant import STRENGTHS, plant

TEXT = (
    "The committee met on 2024-03-05 in Geneva. It heard 14 speakers; none agreed. "
    "A vote was put off until May, and the chair went home.\n\n"
    "Critics called the session a waste of time. The minutes say otherwise."
)
DONOR = "Bright red apples fall quietly beside an old stone wall every single autumn."


def edited(kind: str, strength: float) -> str:
    """Edit the example text with a fixed seed."""
    return EDITS[kind](TEXT, strength, np.random.RandomState(3), DONOR)


def test_exact_copies_the_text() -> None:
    assert edited("exact", 1.0) == TEXT


@pytest.mark.parametrize("kind", ["wrap", "case", "punctuation", "unicode", "shuffle"])
def test_form_edits_keep_every_letter(kind: str) -> None:
    result = unicodedata.normalize("NFKC", edited(kind, 0.9))

    assert sorted(c for c in result.casefold() if c.isalnum()) == sorted(c for c in TEXT.casefold() if c.isalnum())


def test_words_touches_about_its_share_of_the_words() -> None:
    long = "alpha beta gamma delta " * 500

    result = EDITS["words"](long, 0.1, np.random.RandomState(3), "other")

    assert 100 <= 2000 - sum(result.count(word) for word in ("alpha", "beta", "gamma", "delta")) <= 200


@pytest.mark.parametrize("kind", ["head", "tail"])
def test_added_ends_leave_the_text_whole(kind: str) -> None:
    result = edited(kind, 0.5)

    assert TEXT in result
    assert len(result.split()) > 1.3 * len(TEXT.split())


def test_drop_never_drops_everything() -> None:
    assert edited("drop", 1.0).strip()


def test_numbers_spells_dates() -> None:
    assert "5 March 2024" in edited("numbers", 0.0)


def test_ocr_at_full_strength_misreads_letters() -> None:
    assert edited("ocr", 1.0) != TEXT


@pytest.mark.parametrize("kind", list(EDITS))
@pytest.mark.parametrize("text", ["", " ", "a", "\ud800", "1" * 400, "नमस्ते。今日は", "- - -"], ids=repr)
def test_any_text_can_be_edited(kind: str, text: str) -> None:
    assert isinstance(EDITS[kind](text, 1.0, np.random.RandomState(0), ""), str)


def test_truth_names_the_original_of_each_copy() -> None:
    texts = [f"text number {n} speaks of {n * n}" for n in range(20)]

    planted = plant(texts, rate=0.5, strengths={"exact": [1.0]}, seed=7)

    assert planted.texts[:20] == texts
    assert [planted.texts[i] for i in planted.source[20:]] == planted.texts[20:]
    assert len(set(planted.source[20:].tolist())) == 10


def test_every_kind_and_strength_is_planted_in_turn() -> None:
    cells = sum(len(levels) for levels in STRENGTHS.values())

    planted = plant([TEXT] * cells, rate=1.0)

    assert len(set(zip(planted.kinds, planted.strengths.tolist(), strict=True))) == cells + 1


def test_same_seed_same_copies_and_another_seed_others() -> None:
    texts = [TEXT, DONOR, TEXT[::-1]]

    assert plant(texts, rate=5, seed=1).texts == plant(texts, rate=5, seed=1).texts
    assert plant(texts, rate=5, seed=1).texts != plant(texts, rate=5, seed=2).texts


def test_texts_without_words_are_not_copied() -> None:
    assert plant(["", "---"], rate=3).texts == ["", "---"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rate": 0}, "rate must be above 0"),
        ({"strengths": {"word": [0.1]}}, "did you mean 'words'"),
        ({"strengths": {"words": [10]}}, "between 0 and 1, got 10"),
        ({"strengths": {}}, "at least one kind"),
    ],
    ids=["rate", "kind", "strength", "none"],
)
def test_wrong_settings_say_what_is_right(settings: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        plant([TEXT], **settings)  # type: ignore[arg-type]
