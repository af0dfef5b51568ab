"""Over files nothing goes that says something else, and what stays for that is counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import dedupe

FACT = "The council of the town met on Friday and agreed to pay 40 euros for each of the new seats in the hall."
TEXTS = [FACT, FACT.replace("40", "48"), FACT.replace("council", "concil"), FACT.upper(), FACT, f"{FACT} Not so."]


def run(folder: Path, **settings: Any) -> tuple[Any, dict[int, str]]:
    """The summary, and the rule of each row that goes."""
    (folder / "in.jsonl").write_text(
        "".join(json.dumps({"id": n, "text": text}) + "\n" for n, text in enumerate(TEXTS))
    )
    summary = dedupe.unique_files([folder / "in.jsonl"], folder / "out", id="id", **settings)
    listed = map(json.loads, (folder / "out/_dedupe/removed.jsonl").read_text().splitlines())
    return summary, {int(row["id"]): row["rule"] for row in listed}


def test_what_says_something_else_stays_and_is_counted(tmp_path: Path) -> None:
    summary, gone = run(tmp_path)

    assert gone == {2: "similar", 3: "same words", 4: "identical"}
    assert summary.variants == dedupe.find(TEXTS).stats["variants"] == 2
    assert summary.settings["options"]["lose"] == "short"


def test_with_words_alone_the_threshold_decides(tmp_path: Path) -> None:
    summary, gone = run(tmp_path, lose="words")

    assert set(gone) == {1, 2, 3, 4, 5}
    assert summary.variants == 0


def test_a_run_is_not_resumed_with_another_lose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(dedupe.DedupeError):
        run(tmp_path, max_loss=0.01)

    with pytest.raises(dedupe.InputError, match=r"options\.lose was 'short' and is 'words' now"):
        run(tmp_path, max_loss=0.01, lose="words", resume=True)
