"""Damage, full disks, other writers, forks: a clear error, nothing half done, and a way back."""

from __future__ import annotations

import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from engines.index import writer
from hostile import HOSTILE

import dedupe
from dedupe import DedupeError, InputError, OptionError
from dedupe.engines.index import Index, bucketing
from dedupe.engines.index import index as index_module
from dedupe.engines.index.repair import repair
from dedupe.engines.index.storage import compaction, opening
from dedupe.engines.index.storage.catalogue import NAME
from dedupe.engines.index.storage.verification import verify
from dedupe.errors import IndexDamaged, IndexLocked

DOCS = writer.truth(7, 12)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An index with a history: several files of each kind."""
    made = tmp_path / "with a space ü 語.idx"
    with Index(made, threshold=0.6) as index:
        items = list(DOCS.items())
        index.add(items[: len(items) // 2])
        index.add([*items[len(items) // 2 :], ("gone", "this one goes away soon, it does"), ("void", "")])
        index.remove(["gone"])
    return made


def flip(file: Path, place: int) -> None:
    data = bytearray(file.read_bytes())
    data[place] ^= 0x10
    file.write_bytes(data)


def a_file(path: Path, kind: str) -> Path:
    return min(path.glob(f"{kind}-*.seg"))


def texts(index: Index) -> dict[object, str]:
    return {row["id"]: row["text"] for row in index.export()}


# -- damage


@pytest.mark.parametrize("kind", ["records", "postings", "changes"])
def test_every_byte_of_a_segment_is_checked(path: Path, kind: str) -> None:
    file = a_file(path, kind)
    whole = file.read_bytes()
    step = max(1, len(whole) // 60)
    missed = []

    for place in range(0, len(whole), step):
        flip(file, place)
        missed += [place] if file.name not in {problem.file for problem in verify(path)} else []
        file.write_bytes(whole)

    assert missed == []
    assert verify(path) == ()


@pytest.mark.parametrize("kind", ["records", "postings", "changes"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_a_segment_cut_short_is_named_and_the_rest_is_readable(path: Path, kind: str, share: float) -> None:
    file = a_file(path, kind)
    os.truncate(file, int(file.stat().st_size * share))

    with pytest.raises(IndexDamaged, match=file.name):
        len(Index(path))
    with Index(path, skip_damaged=True) as index:
        there = texts(index)
        assert {one: text for one, text in there.items() if one in DOCS}.items() <= DOCS.items()
        assert len(there) > 0
        assert index.query(next(iter(there.values())) or "x") is not None
    assert file.name in {problem.file for problem in verify(path)}


def test_repair_makes_postings_anew_and_loses_nothing(path: Path) -> None:
    with Index(path) as index:
        before = [(d.block.doc, d.survivor.doc, d.similarity) for d in index.duplicates()]
    flip(a_file(path, "postings"), 100)

    done = repair(path)

    assert (done.lost, done.n_kept) == ((), len(DOCS) + 1)
    with Index(path) as index:
        assert index.verify() == ()
        assert [(d.block.doc, d.survivor.doc, d.similarity) for d in index.duplicates()] == before
        assert texts(index) == {**DOCS, "void": ""}


def test_repair_drops_the_document_whose_text_is_damaged_and_names_it(path: Path) -> None:
    file = a_file(path, "records")
    at = file.read_bytes().index(b"rain")
    flip(file, at)

    done = repair(path)

    assert len(done.lost) == 1
    with Index(path) as index:
        assert texts(index) == {one: text for one, text in {**DOCS, "void": ""}.items() if one not in done.lost}
        assert index.verify() == ()


def test_what_is_damaged_is_not_written_anew_as_if_it_were_whole(path: Path) -> None:
    file = a_file(path, "records")
    flip(file, file.read_bytes().index(b"rain"))

    with Index(path) as index, pytest.raises(IndexDamaged, match=rf"{file.name} is damaged: texts"):
        index.compact()

    assert file.name in {problem.file for problem in verify(path)}


def test_repair_of_a_lost_file_keeps_the_others(path: Path) -> None:
    a_file(path, "records").unlink()

    done = repair(path)

    half = len(DOCS) // 2
    with Index(path) as index:
        assert texts(index) == {**dict(list(DOCS.items())[half:]), "void": ""}
    assert f"{half} documents are lost" in " ".join(done.notes)


@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "cut"])
def test_repair_makes_a_new_catalogue_from_the_segments(path: Path, damage: str) -> None:
    file = path / NAME
    for extra in ("-wal", "-shm"):
        (path / f"{NAME}{extra}").unlink(missing_ok=True)
    whole = file.read_bytes()
    content = {"empty": b"", "garbage": bytes(range(256)) * 16, "cut": whole[: len(whole) // 2]}
    file.unlink() if damage == "missing" else file.write_bytes(content[damage])

    with pytest.raises(DedupeError, match=r"catalogue|segments"):
        len(Index(path))
    assert verify(path) != ()
    repair(path)

    with Index(path) as index:
        assert texts(index) == {**DOCS, "void": ""}
        assert index.verify() == ()


def test_a_flipped_byte_in_the_catalogue_is_found_or_harmless(path: Path) -> None:
    file = path / NAME
    for extra in ("-wal", "-shm"):
        (path / f"{NAME}{extra}").unlink(missing_ok=True)
    whole = file.read_bytes()
    wrong = []

    for place in range(0, len(whole), 151):
        flip(file, place)
        if not verify(path):
            try:
                with Index(path, readonly=True) as index:
                    wrong += [place] if texts(index) != {**DOCS, "void": ""} else []
            except DedupeError:  # a clear error is as good
                pass
        for extra in ("-wal", "-shm"):
            (path / f"{NAME}{extra}").unlink(missing_ok=True)
        file.write_bytes(whole)

    assert wrong == []


def test_another_format_is_refused(path: Path) -> None:
    with sqlite3.connect(path / NAME) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()

    with pytest.raises(DedupeError, match=r"format 99.*reads format 1"):
        Index(path)


# -- disks and folders


def test_a_full_disk_changes_nothing(path: Path) -> None:
    code = f"""
import resource, sys
from dedupe import DedupeError
from dedupe.engines.index import Index
index = Index({str(path)!r})
before = index.ids()
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    index.add((f"new {{n}}", f"text number {{n}} " * 50) for n in range(1000))
except DedupeError as error:
    assert "nothing was changed" in str(error), error
else:
    sys.exit("no error")
assert index.ids() == before
index.add([("small", "this one fits")])
assert index.verify() == ()
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_an_error_while_deciding_leaves_no_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def short_of_memory(*_: object) -> None:
        raise MemoryError

    with Index(path) as index:
        before = sorted(path.glob("*.seg"))
        with monkeypatch.context() as small:
            small.setattr(index_module, "insert", short_of_memory)
            with pytest.raises(MemoryError):
                index.add({"x": "its text is being written while it is decided about"})
        assert sorted(path.glob("*.seg")) == before
        index.add({"x": "now it is added"})
        assert index.verify() == ()


def test_a_merge_without_room_waits_for_the_next_call(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> None:
        raise DedupeError("No space left on device")

    with Index(path) as index:
        with monkeypatch.context() as full:
            full.setattr(compaction, "TIER", 2)
            full.setattr(compaction, "_merge", no_room)
            index.add({"x": "added all the same"})
        assert "x" in index
        assert index.verify() == ()


def test_mass_removal_gives_the_space_back_by_itself(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "REWRITE_LEAST", 10)
    with Index(path) as index:
        gone = index.ids()[: len(index) // 2]
        kept = {one: text for one, text in texts(index).items() if one not in gone}
        index.remove(gone)

        assert index.stats()["removed"] == 0
        assert list(path.glob("changes-*.seg")) == []
        assert texts(index) == kept
        assert index.verify() == ()


def test_a_folder_that_cannot_be_made_is_an_error() -> None:
    with pytest.raises(DedupeError, match="cannot make the folder"):
        Index("/proc/no/such/place.idx")


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")

    with pytest.raises(DedupeError, match="holds something else"):
        Index(tmp_path)


def test_a_file_is_no_index(tmp_path: Path) -> None:
    (tmp_path / "a.idx").write_text("")

    with pytest.raises(DedupeError, match="is a file"):
        Index(tmp_path / "a.idx")


def test_a_network_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "file_system", lambda path: "nfs4")

    with pytest.raises(DedupeError, match="network disk"):
        Index(tmp_path / "a.idx")


def test_readonly_never_makes_or_writes(path: Path, tmp_path: Path) -> None:
    with pytest.raises(DedupeError, match="no index"):
        Index(tmp_path / "none.idx", readonly=True)
    with Index(path, readonly=True) as index, pytest.raises(InputError, match="reading only"):
        index.add({"x": "y"})


def test_an_index_on_a_read_only_medium_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)

    with Index(path, readonly=True) as index:
        assert texts(index) == {**DOCS, "void": ""}


def test_an_index_works_on_from_a_copied_folder(path: Path, tmp_path: Path) -> None:
    shutil.copytree(path, tmp_path / "copy.idx")

    with Index(tmp_path / "copy.idx") as index:
        index.add({"x": "a text that is new here"})
        assert index.verify() == ()


# -- others at the same time


def test_a_second_writer_gets_a_clear_error(path: Path) -> None:
    with (
        Index(path) as first,
        Index(path, timeout=0.05) as second,
        first._handle.writing(),  # a writer at work
        pytest.raises(IndexLocked, match=r"more than 0\.05 s"),
    ):
        second.add({"x": "y"})


def test_a_second_writer_waits(path: Path) -> None:
    with Index(path) as first, Index(path, timeout=30) as second:
        threads = [threading.Thread(target=one.add, args=({n: "some text"},)) for n, one in enumerate((first, second))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert {0, 1} <= set(first.ids())
        assert first.ids() == second.ids()


def test_threads_that_share_an_index_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "TIER", 2)  # each call merges after its commit

    def add_some(index: Index, name: str) -> None:
        for number in range(12):
            index.add({f"{name}-{number}": f"{name} writes text number {number}"})

    with Index(tmp_path / "shared.idx") as index:
        threads = [threading.Thread(target=add_some, args=(index, name)) for name in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(index) == 36
        assert index.verify() == ()


def test_a_reader_goes_on_while_the_index_is_compacted(path: Path) -> None:
    with Index(path) as index, Index(path, readonly=True) as reader:
        before = reader.duplicates()
        view = reader._view()
        index.compact()

        assert view.doc_ids(view.blocks_of(view.find_ids(list(DOCS)[:3]))) is not None  # files that are gone by now
        assert reader.duplicates() == before
        assert reader.verify() == ()


def test_a_reader_sees_each_commit(path: Path) -> None:
    with Index(path) as index, Index(path, readonly=True) as reader:
        assert "x" not in reader
        index.add({"x": "y"})
        assert "x" in reader


@pytest.fixture
def two_indexes(path: Path) -> Iterator[tuple[Index, Path]]:
    with Index(path) as index:
        yield index, path


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_parent_and_child_write_after_a_fork(two_indexes: tuple[Index, Path]) -> None:
    index, _ = two_indexes
    len(index)

    child = os.fork()
    if child == 0:
        try:
            index.add({"child": "written by the child"})
            os._exit(0 if "child" in index else 1)
        finally:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    index.add({"parent": "written by the parent"})

    assert os.waitstatus_to_exitcode(status) == 0
    assert {"child", "parent"} <= set(index.ids())
    assert index.verify() == ()


def test_an_index_is_not_pickled(path: Path) -> None:
    with Index(path) as index, pytest.raises(TypeError, match="open it by its path"):
        pickle.dumps(index)


# -- input


def test_other_settings_are_refused_with_both_values(path: Path) -> None:
    with pytest.raises(OptionError, match=r"threshold is 0\.9 in this call.*threshold=0\.6"):
        Index(path, threshold=0.9)
    with pytest.raises(OptionError, match=r"store_text is False in this call.*store_text=True"):
        Index(path, store_text=False)
    assert Index(path, threshold=0.6).settings["threshold"] == 0.6


@pytest.mark.parametrize("setting", [{"measure": "ratio"}, {"keep": "longest"}, {"pairs": "all"}])
def test_what_an_index_cannot_keep_to_is_refused(tmp_path: Path, setting: dict[str, str]) -> None:
    with pytest.raises(OptionError, match=r"use dedupe\.find"):
        Index(tmp_path / "a.idx", **setting)  # type: ignore[arg-type]
    assert not (tmp_path / "a.idx").exists()


@pytest.mark.parametrize(
    ("docs", "message"),
    [
        (["text"], r"must be an \(id, text\) pair"),
        ("text", "enumerate"),
        ([("a", b"bytes")], "text of id 'a' is bytes"),
        ([(1.5, "x")], "str or an int, got float"),
        ([(True, "x")], "str or an int, got bool"),
        ([("\ud800", "x")], "lone surrogate"),
        ([("a", "x"), ("a", "y")], "comes twice, at 0 and at 1"),
    ],
)
def test_input_that_is_wrong_is_named(path: Path, docs: object, message: str) -> None:
    with Index(path) as index:
        before = index.ids()
        with pytest.raises(InputError, match=message):
            index.add(docs)
        assert index.ids() == before


def test_an_id_that_is_there_already(path: Path) -> None:
    known = next(iter(DOCS))
    with Index(path) as index:
        with pytest.raises(InputError, match="on_conflict='replace' or 'skip'"):
            index.add({known: "other"})
        skipped = index.add({known: "other", "n": "new"}, on_conflict="skip")
        assert (skipped.skipped, index.text(known)) == ((known,), DOCS[known])
        replaced = index.add([(known, "older"), (known, "other")], on_conflict="replace")
        assert set(replaced.replaced) == {known}
        assert index.text(known) == "other"
        assert index.ids()[-1] == known


def test_more_blocks_at_a_time_than_a_posting_can_number_are_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucketing, "LOW", np.uint64(2))
    with Index(path) as index:
        before = index.ids()
        with pytest.raises(InputError, match="3 blocks in one call; give an index at most 2 at a time"):
            index.add({1: "one", 2: "two", 3: "three"})
        with pytest.raises(InputError, match="3 blocks in one call"):
            dedupe.find(["one", "two", "three"], against=index)
        assert index.ids() == before


def test_text_and_number_are_different_ids(tmp_path: Path) -> None:
    with Index(tmp_path / "a.idx") as index:
        index.add({7: "a number"})
        with pytest.raises(InputError, match=r"id '7' is not in .*, but 7 is; give missing='ignore'"):
            index.remove(["7"])
        index.remove([7])
        index.add({1: "one", "1": "also one", -5: "minus", 10**30: "large"})
        index.compact()
        assert index.ids() == [1, "1", -5, 10**30]
        assert index.text("1") == "also one"


def test_an_empty_index_answers(tmp_path: Path) -> None:
    with Index(tmp_path / "a.idx") as index:
        assert (len(index), index.ids(), index.duplicates(), index.query("x"), index.verify()) == (0, [], (), (), ())
        assert index.check("x").verdict == "new"
        index.compact()
        index.add([])
        assert index.stats()["documents"] == 0
    assert repair(tmp_path / "a.idx").n_kept == 0


def test_hostile_texts_come_back_as_they_went_in(tmp_path: Path) -> None:
    with Index(tmp_path / "a.idx", unit="paragraph") as index:
        index.add(HOSTILE)
        assert texts(index) == HOSTILE
        assert index.verify() == ()
        assert [(d.block, d.survivor) for d in index.duplicates()] == [
            (d.block, d.survivor) for d in dedupe.find(HOSTILE, unit="paragraph").duplicates
        ]


@pytest.mark.slow
def test_a_million_equal_texts(tmp_path: Path) -> None:
    with Index(tmp_path / "a.idx") as index:
        index.add((n, "the same words again and again") for n in range(1_000_000))
        assert index.stats()["duplicates"] == 999_999
        index.remove([0])
        assert index.stats()["duplicates"] == 999_998
        assert [match.id for match in index.query("the same words again and again")] == [1]
