"""What a text is to an index: nothing that states another fact is the same."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

import dedupe

FACT = "The council of the town met on Friday and agreed to pay 40 euros for each of the new seats in the hall."
MORE = "Nobody knows yet how much of the harbor wall the storm has carried away."
OTHER = "A dry day at the river, and no one there who could tell of it."


@pytest.fixture(params=["document", "paragraph", "sentence"])
def index(tmp_path: Path, request: pytest.FixtureRequest) -> dedupe.Index:
    index = dedupe.Index(tmp_path / "facts.idx", unit=request.param)
    index.add([("fact", FACT), ("other", OTHER)])
    return index


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (FACT, "same as"),
        (FACT.upper(), "same as"),
        (FACT.replace("council", "concil"), "same as"),
        (FACT.replace("40", "48"), "variant"),
        (FACT.replace("agreed", "did not agree"), "variant"),
        (FACT.replace("Friday", "Monday"), "variant"),
        (f"{FACT} Nobody knows when.", "contains"),
        ("Rain.", "new"),
    ],
    ids=["equal", "capitals", "typo", "number", "negation", "day", "a sentence more", "another"],
)
def test_a_text_is_the_same_only_when_it_says_the_same(index: dedupe.Index, text: str, verdict: str) -> None:
    check = index.check(text)

    assert check.verdict == verdict
    assert check.id == (None if verdict == "new" else "fact")
    assert verdict == "new" or min(check.share, check.share_other) > 0.8


@pytest.mark.parametrize(
    ("text", "verdict"),
    [(FACT, "same as"), (FACT.upper(), "same as"), (FACT.replace("40", "48"), "updates"), (f"{FACT} Yes.", "updates")],
    ids=["equal", "capitals", "number", "a word more"],
)
def test_another_text_under_a_known_id_updates_it(index: dedupe.Index, text: str, verdict: str) -> None:
    assert index.check(("fact", text)).verdict == verdict


def test_one_paragraph_with_another_fact_makes_a_variant(tmp_path: Path) -> None:
    with dedupe.Index(tmp_path / "parts.idx", unit="paragraph") as index:
        index.add([("both", f"{FACT}\n\n{MORE}")])

        assert index.check(FACT).verdict == "contained in"
        assert index.check(FACT.replace("40", "48")).verdict == "variant"
        assert index.check(f"{FACT.replace('40', '48')}\n\n{MORE}").verdict == "variant"
        assert index.check(f"{FACT}\n\n{MORE}\n\n{OTHER}").verdict == "contains"


def test_the_document_that_says_all_comes_before_one_that_shares_more_words(tmp_path: Path) -> None:
    with dedupe.Index(tmp_path / "facts.idx", unit="document") as index:
        index.add([("variant", FACT.replace("40", "48")), ("typo", FACT.replace("council", "concil"))])

        assert index.check(FACT) == dedupe.engines.index.Check("same as", "typo", *2 * [pytest.approx(18 / 19)])


def test_with_words_alone_the_threshold_decides(tmp_path: Path) -> None:
    with dedupe.Index(tmp_path / "facts.idx", unit="document", lose="words") as index:
        index.add([("fact", FACT)])

        assert index.check(FACT.replace("40", "48")).verdict == "same as"


def test_a_query_lists_nothing_that_says_something_else(index: dedupe.Index) -> None:
    assert [match.id for match in index.query(FACT.replace("council", "concil"))] == ["fact"]
    assert index.query(FACT.replace("40", "48")) == ()


def test_an_index_of_the_version_before_is_refused_with_the_way_out(tmp_path: Path) -> None:
    dedupe.Index(tmp_path / "old.idx").close()
    catalogue = sqlite3.connect(tmp_path / "old.idx/catalogue.sqlite")
    settings = json.loads(catalogue.execute("SELECT value FROM meta WHERE key = 'settings'").fetchone()[0])
    settings["hashes"] = settings["hashes"].replace("2-", "1-")
    del settings["lose"]
    with catalogue:
        catalogue.execute("UPDATE meta SET value = ? WHERE key = 'settings'", [json.dumps(settings)])
    catalogue.close()

    with pytest.raises(dedupe.DedupeError, match=r"text hashes 1-.*export it with the version that wrote it"):
        dedupe.Index(tmp_path / "old.idx")
