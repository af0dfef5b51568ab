"""Documents from frames."""

from __future__ import annotations

from pathlib import Path

import pytest

from dedupe import InputError
from dedupe.engines.index import Index

COLUMNS = {"url": ["a", "b"], "body": ["it rained all day in the town", "It rained all day, in the town!"]}


@pytest.mark.parametrize(("library", "kind"), [("pandas", "DataFrame"), ("polars", "DataFrame"), ("pyarrow", "table")])
def test_a_frame_with_named_columns(tmp_path: Path, library: str, kind: str) -> None:
    frame = getattr(pytest.importorskip(library), kind)(COLUMNS)

    with Index(tmp_path / "a.idx") as index:
        report = index.add(frame, id="url", text="body")

        assert report.new == ("a",)
        assert [(d.block.doc, d.survivor.doc) for d in report.duplicates] == [("b", "a")]


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    frame = pytest.importorskip("pandas").DataFrame(COLUMNS)

    with (
        Index(tmp_path / "a.idx") as index,
        pytest.raises(InputError, match="id names column 'id', which docs does not have"),
    ):
        index.add(frame, text="body")
