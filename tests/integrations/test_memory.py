"""What the adapters share, without any framework: the memory of a stream, and the modes of chunks."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from integrations.stories import BRIDGE, BRIDGE_AGAIN, BRIDGE_LATER, LIBRARY

from dedupe import Index
from dedupe.errors import InputError, OptionError
from dedupe.integrations.memory import Memory
from dedupe.integrations.passages import options_of


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_memory_of_one_run_leaves_nothing_behind(temporary: Path) -> None:
    with Memory() as memory:
        seen = memory.add([BRIDGE, LIBRARY, BRIDGE])

    assert [None if one is None else one.id for one in seen] == [None, None, 0]
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(("settings", "expected"), [({}, [None, None, 0]), ({"lose": "words"}, [None, 0, 0])], ids=str)
def test_a_memory_keeps_a_text_with_another_fact_unless_the_threshold_decides(
    settings: dict[str, Any], expected: list[int | None]
) -> None:
    with Memory(**settings) as memory:
        seen = [memory.add([text])[0] for text in (BRIDGE, BRIDGE_LATER, BRIDGE_AGAIN)]

    assert [None if one is None else one.id for one in seen] == expected


@pytest.mark.parametrize("wrong", [{"threshold": 7}, {"unit": "line"}], ids=["threshold", "unit"])
def test_a_memory_that_cannot_be_opened_leaves_nothing_behind(temporary: Path, wrong: dict) -> None:
    with pytest.raises(OptionError):
        Memory(**wrong)

    assert list(temporary.iterdir()) == []


def test_an_index_that_was_given_open_stays_open(tmp_path: Path) -> None:
    with Index(tmp_path / "seen.idx") as index:
        with Memory(index) as memory:
            memory.add([BRIDGE], ["a"])

        assert index.query(BRIDGE)[0].id == "a"


def test_an_id_that_comes_twice_in_a_batch_is_named() -> None:
    with Memory() as memory, pytest.raises(InputError, match="id 'b' comes twice"):
        memory.add(["one", "two", "three"], ["a", "b", "b"])


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(OptionError, match="mode must be 'drop' or 'shorten', got 'shortened'; did you mean 'shorten'"):
        options_of("shortened", None, 3, None)


@pytest.mark.parametrize("mode", ["drop", "shorten"])
def test_a_threshold_of_zero_is_refused(mode: str) -> None:
    with pytest.raises(OptionError, match="threshold must be a number above 0"):
        options_of(mode, 0, 3, None)


def test_each_mode_has_its_own_threshold() -> None:
    assert [options_of(mode, None, 3, None).threshold for mode in ("drop", "shorten")] == [0.7, 0.8]
    assert options_of("shorten", 0.9, 3, None).threshold == 0.9


def test_each_mode_says_what_may_be_lost() -> None:
    assert [options_of(mode, None, 3, None).lose for mode in ("drop", "shorten")] == ["short", "nothing"]
    assert options_of("shorten", None, 3, "words").lose == "words"
