"""The script in docs runs, and the week ends as it says."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "docs" / "daily_index.py"


def test_a_week_of_daily_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(SCRIPT))["main"](tmp_path)

    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("Monday")
    assert "0 known from earlier days" in told[0]
    assert told[-2:] == ["same as one call over the week: True", "problems: 0"]
