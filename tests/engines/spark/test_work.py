"""Stages on disk: a rerun goes on, and says what it does again."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
from corpora import near_duplicates

import dedupe
from dedupe.engines import spark
from dedupe.engines.spark.job import Job, Limits
from dedupe.engines.spark.stages import candidates
from dedupe.engines.spark.work import Work
from dedupe.errors import InputError, OptionError
from dedupe.matching.recipe import Recipe

TEXTS = near_duplicates(120, 11)


def run(frame: Any, folder: Path, **settings: Any) -> Work:
    """The stages up to the candidates, with the work that they were."""
    work = Work(frame.sparkSession, str(folder))
    job = Job("text", "id", Recipe.of("spark", None, settings), Limits())
    candidates(work, job, frame)
    return work


@pytest.mark.everywhere
def test_a_rerun_takes_over_what_is_there(session: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    frame = session.createDataFrame(list(enumerate(TEXTS)), "id long, text string")
    first = run(frame, tmp_path)
    assert first.reused == []
    second = run(frame, tmp_path)
    assert second.reused == list(first.rows)
    assert second.rows == first.rows

    # a setting that a late stage depends on leaves the early ones alone, and the log names the first to redo
    with caplog.at_level(logging.WARNING, "dedupe.engines.spark"):
        third = run(frame, tmp_path, min_words=4)
    assert third.reused == ["fingerprints", "blocks"]
    assert "min_words was 0 and is 4: the run starts again from stage 'copies'" in caplog.text

    # another text, the same number of rows: the checksum sees it
    caplog.clear()
    changed = session.createDataFrame([(0, "something else"), *list(enumerate(TEXTS))[1:]], "id long, text string")
    with caplog.at_level(logging.WARNING, "dedupe.engines.spark"):
        assert run(changed, tmp_path, min_words=4).reused == []
    assert "from stage 'fingerprints'" in caplog.text

    # an interrupted run: the last stage has no note, so it is made again
    shutil.rmtree(tmp_path / "notes" / "texts")
    assert run(changed, tmp_path, min_words=4).reused == ["fingerprints", "blocks", "copies", "buckets", "postings"]


def test_a_stage_that_is_half_gone_is_an_error(session: Any, tmp_path: Path) -> None:
    def stage() -> Any:
        return Work(session, str(tmp_path)).stage("numbers", session.range(100).repartition(4))

    assert stage().count() == 100
    parts = sorted((tmp_path / "numbers").glob("part-*.parquet"), key=lambda path: path.stat().st_size)
    parts[-1].unlink()
    with pytest.raises(InputError, match=r"stage 'numbers' has \d+ rows .*, and had 100 when it was made; delete"):
        stage()
    for part in parts[:-1]:
        part.write_bytes(b"")
    with pytest.raises(InputError, match=r"stage 'numbers' cannot be read .*; delete the folder"):
        stage()


def test_the_same_folder_gives_the_same_rows(session: Any, tmp_path: Path) -> None:
    frame = session.createDataFrame(list(enumerate(TEXTS)), "id long, text string")
    kept = [sorted(row["id"] for row in spark.unique(frame, work=str(tmp_path)).collect()) for _ in range(2)]
    assert kept[0] == kept[1]
    assert [TEXTS[i] for i in kept[0]] == dedupe.unique(TEXTS)


def test_a_folder_that_cannot_be_written_is_named(session: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OptionError, match=r"work='.*file/run' cannot be written: "):
        Work.open(session, str(tmp_path / "file" / "run"))


def test_a_folder_must_be_named_where_executors_run_elsewhere() -> None:
    class Elsewhere:
        class conf:
            @staticmethod
            def get(name: str, default: str) -> str:
                return "yarn"

    with pytest.raises(OptionError, match=r"work must name a folder that all executors reach.*'yarn'"):
        Work.open(Elsewhere(), None)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="work must be a path or URL, got ' '"):
        Work.open(Elsewhere(), " ")  # type: ignore[arg-type]
