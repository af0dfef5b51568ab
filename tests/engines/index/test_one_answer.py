"""An index gives the answer of `find`, however its texts came in."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dedupe
from dedupe.core.clustering import survivors
from dedupe.engines.index import Index, bucketing, revision
from dedupe.engines.index.storage import compaction

BASES = (
    "the council met on friday and paid 40 euros for every new seat in the hall",
    "the quick brown fox jumps over the lazy dog near the river bank today",
    "all markets fell sharply on monday as traders feared higher rates and war",
    "rain in spain stays mainly on the plain they say every year in spring",
)
SMALL = ("", " ", "!!", "!!!", "one", "One two", "one, two", "日本語の文章です", "e\u0301t\u00e9")


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Texts of which many are alike: a few bases with some words changed, cut or in capitals."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(SMALL))
    words = draw(st.sampled_from(BASES)).split()
    for place in draw(st.lists(st.integers(0, len(words) - 1), max_size=4)):
        words[place] = draw(st.sampled_from(("alpha", "beta", "gamma", "firday", "teh", "50", "the the", "not")))
    words = words[: draw(st.sampled_from((len(words), len(words), len(words), 2, 7)))]
    text = " ".join(words)
    return text.upper() if draw(st.booleans()) else text


documents = st.lists(texts(), min_size=1, max_size=3).map("\n\n".join)
numbers = st.lists(st.integers(0, 10**6), min_size=1, max_size=6)
steps = st.one_of(
    st.tuples(st.just("add"), st.lists(documents, max_size=12)),
    st.tuples(st.just("remove"), numbers),
    st.tuples(st.just("replace"), st.lists(st.tuples(st.integers(0, 10**6), documents), min_size=1, max_size=4)),
    st.tuples(st.just("compact"), st.none()),
    st.tuples(st.just("reopen"), st.none()),
)


def play(history: list[tuple[str, Any]], path: Path, **options: Any) -> tuple[Index, dict[str, str]]:
    """Carry out a history on an index and on a dict in order of arrival."""
    index, truth, n_added = Index(path, **options), dict[str, str](), 0
    for step, what in history:
        if step == "add":
            new = {f"d{n_added + place}": text for place, text in enumerate(what)}
            n_added += len(what)
            index.add(new)
            truth |= new
        elif step == "remove" and truth:
            gone = {list(truth)[number % len(truth)] for number in what}
            index.remove(gone)
            truth = {key: text for key, text in truth.items() if key not in gone}
        elif step == "replace" and truth:
            new = {list(truth)[number % len(truth)]: text for number, text in what}
            index.add(new, on_conflict="replace")
            truth = {key: text for key, text in truth.items() if key not in new} | new
        elif step == "compact":
            index.compact()
        elif step == "reopen":
            index.close()
            index = Index(path)
    return index, truth


def places(duplicates: Any) -> list[tuple[Any, ...]]:
    return [
        (d.block.doc, d.block.start, d.block.end, d.survivor.doc, d.survivor.start, d.similarity) for d in duplicates
    ]


@pytest.fixture
def leaders(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let fewer leaders into a bucket, in the index as in `find`, so that the limit is met by few texts."""
    monkeypatch.setitem(survivors.walk.__kwdefaults__, "leaders", request.param)
    for module in (bucketing, compaction, revision):
        monkeypatch.setattr(module, "LEADERS", request.param)
    monkeypatch.setattr(compaction, "TIER", 3)
    monkeypatch.setattr(compaction, "REWRITE_LEAST", 8)
    return int(request.param)


@pytest.mark.parametrize("leaders", [1, 2, 64], indirect=True)
@pytest.mark.parametrize(
    ("store_text", "lose"),
    [(True, "nothing"), (True, "words"), (False, "words")],
    ids=["what differs", "texts", "hashes"],
)
@pytest.mark.parametrize(
    "options",
    [
        {"unit": "document", "threshold": 0.6},
        {"unit": "paragraph", "threshold": 0.4},
        {"unit": "paragraph", "threshold": 0.8, "min_words": 3},
    ],
    ids=["documents", "loose paragraphs", "strict paragraphs"],
)
@given(history=st.lists(steps, min_size=1, max_size=8))
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_history_gives_the_answer_of_find(
    leaders: int, store_text: bool, lose: str, options: dict[str, Any], history: list[tuple[str, Any]]
) -> None:
    options = {**options, "lose": lose}
    with tempfile.TemporaryDirectory() as folder:
        index, truth = play(history, Path(folder, "news.idx"), store_text=store_text, **options)

        with index:
            found = dedupe.find(truth, **options)
            assert index.ids() == list(truth)
            assert places(index.duplicates()) == places(found.duplicates)
            assert [(b.doc, b.start, b.end) for b in index.survivors()] == [
                (b.doc, b.start, b.end) for b in found.survivors
            ]
