"""Killed executors, workers and drivers: the answer stays exact, and a rerun goes on behind the last whole stage.

``pytest -s`` shows how long each run took.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark")

import pyarrow as pa
import pyarrow.parquet as pq
from cluster import Driver, Watch, below, executors, kill, standalone, until
from corpora import chain, near_duplicates

import dedupe
from dedupe.engines.spark.work import Work

TEXTS = near_duplicates(300, 1) + chain(60, 5)
SETTINGS = {"threshold": 0.85, "recall": 0.999}
ROUNDS = {"bytes": 0}  # decide in rounds, however small the input
COMPONENTS = {"bytes": 0, "edges": 0}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("source")
    for part in range(4):
        ids = list(range(len(TEXTS)))[part::4]
        pq.write_table(pa.table({"id": ids, "text": [TEXTS[i] for i in ids]}), folder / f"{part}.parquet")
    return str(folder)


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    """A driver with two executors, each a process; those that end are started again."""
    with Driver("local-cluster[2,1,1024]") as made:
        yield made


def wanted() -> dict[int, tuple[int, float]]:
    found = dedupe.find(TEXTS, **SETTINGS)
    return {one.block.doc: (one.survivor.doc, round(one.similarity, 9)) for one in found.duplicates}


def links(answer: dict[str, Any]) -> dict[int, tuple[int, float]]:
    assert len(answer["rows"]) == len(TEXTS)
    return {row[0]: (row[1], round(row[2], 9)) for row in answer["rows"] if row[1] is not None}


def request(source: str, work: Path, *, verb: str = "find", limits: dict[str, int] = ROUNDS) -> dict[str, Any]:
    return {"verb": verb, "source": source, "work": str(work), "limits": limits, "settings": SETTINGS}


def tokens(work: Path) -> dict[str, str]:
    """The stages that are whole, each with the mark of the run that made it."""
    lines = [part.read_text() for part in (work / "notes").rglob("part-*") if "_temporary" not in part.parts]
    notes = [json.loads(line) for line in lines if line]
    return {note["stage"]: note["token"] for note in notes if "token" in note}


@pytest.mark.slow
def test_the_answer_is_exact_when_a_worker_is_killed_with_its_executor(source: str, tmp_path: Path) -> None:
    with standalone(2) as (address, workers), Driver(address) as driver:

        def kill_worker() -> None:
            lost = next(worker for worker in workers if executors(worker))
            for pid in [lost, *below(lost)]:  # the worker first, so that it starts no other executor
                kill(pid)

        until(lambda: all(executors(worker) for worker in workers), "the executors")
        driver.ask(**request(source, tmp_path))
        watch = Watch(tmp_path, ["round-1/measured/_temporary"], kill_worker)
        answer = driver.answer()
        watch.ended()
    print(f"a worker killed, {answer['seconds']:.0f} s")
    assert links(answer) == wanted()


def test_a_killed_driver_goes_on_where_it_was(source: str, tmp_path: Path) -> None:
    whole: dict[str, str] = {}
    for moment in ("blocks/_temporary", "flags/_temporary"):
        with Driver("local[2]") as driver:
            driver.ask(**request(source, tmp_path, verb="unique"))
            watch = Watch(tmp_path, [moment], driver.kill)
            with pytest.raises(RuntimeError, match="the driver ended"):
                driver.answer()
            watch.join()
        before, whole = whole, tokens(tmp_path)
        assert before.items() < whole.items(), "it took over what was there, and came further"
    with Driver("local[2]") as driver:
        driver.ask(**request(source, tmp_path, verb="unique"))
        answer = driver.answer()
    print(f"{len(whole)} stages were there, {answer['seconds']:.0f} s for the rest")
    assert {"fingerprints", "blocks", "survivors/measured"} <= set(whole)
    assert whole.items() < tokens(tmp_path).items()
    assert [text for _, text in answer["rows"]] == dedupe.unique(TEXTS, **SETTINGS)


# `_temporary` is there from the start of a stage on, the folder in it once its tasks write,
# and the file of a note once the stage is over.
@pytest.mark.parametrize(
    ("moments", "limits"),
    [
        pytest.param(
            ["fingerprints/_temporary", "blocks/_temporary/0/_temporary/*", "buckets/_temporary", "texts/_temporary",
             "round-1/measured/_temporary/0/_temporary/*", "round-1/decided/_temporary", "flags/_temporary"],
            ROUNDS, id="in stages", marks=pytest.mark.slow,
        ),
        pytest.param(
            ["notes/blocks/_SUCCESS", "copies/_temporary", "notes/postings/_SUCCESS", "round-1/pairs/_temporary",
             "round-1/states/_temporary", "notes/round-1/decided/_SUCCESS", "survivors/measured/_temporary"],
            ROUNDS, id="between stages and in others", marks=pytest.mark.slow,
        ),
        pytest.param(
            ["postings/_temporary", "survivors/best/_temporary"], {}, id="where one task decides",
        ),
        pytest.param(
            ["round-1/matches/_temporary", "round-1/components/round-0/_temporary",
             "round-1/components/round-1/_temporary/0/_temporary/*", "survivors/pairs/_temporary"],
            COMPONENTS, id="in the rounds of components", marks=pytest.mark.slow,
        ),
    ],
)  # fmt: skip
def test_the_answer_is_exact_when_executors_are_killed(
    driver: Driver, source: str, tmp_path: Path, moments: list[str], limits: dict[str, int]
) -> None:
    killed = []

    def kill_one() -> None:
        killed.append(until(lambda: executors(driver.pid), "an executor")[0])
        kill(killed[-1])

    driver.ask(**request(source, tmp_path, limits=limits))
    watch = Watch(tmp_path, moments, kill_one)
    answer = driver.answer()
    watch.ended()
    print(f"{len(killed)} executors killed, {answer['seconds']:.0f} s")
    assert links(answer) == wanted()
    assert len(set(killed)) == len(moments)


@pytest.mark.slow
def test_a_stage_that_is_half_gone_is_named(driver: Driver, source: str, tmp_path: Path) -> None:
    driver.ask(**request(source, tmp_path, limits={}))
    assert links(driver.answer()) == wanted()
    next((tmp_path / "fingerprints").glob("part-*.parquet")).unlink()
    driver.ask(**request(source, tmp_path, limits={}))
    error = driver.answer()["error"]
    assert "stage 'fingerprints' has " in error
    assert f"and had {len(TEXTS)} when it was made; delete the folder {tmp_path} and run again" in error


def test_a_run_that_ends_between_a_stage_and_its_note_leaves_no_note_of_other_rows(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stage(first: int) -> list[int]:
        made = Work(session, str(tmp_path)).stage("numbers", session.range(first, first + 3), first=first)
        return sorted(row["id"] for row in made.collect())

    def end_before(self: Work, name: str, note: dict[str, Any]) -> None:
        if name == "numbers":
            raise KeyboardInterrupt

    assert stage(0) == [0, 1, 2]
    with monkeypatch.context() as patch:
        patch.setattr(Work, "_note", end_before)
        with pytest.raises(KeyboardInterrupt):
            stage(10)
    assert stage(0) == [0, 1, 2]
