"""Bad input: what is wrong is named with its place, and nothing is half written or lost."""

import errno
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import dedupe
from dedupe import clean_files
from dedupe.engines.files.disk import columns
from dedupe.errors import LossError
from dedupe.inputs.formats import jsonl

GOOD = json.dumps({"text": "a good text that stands alone"})

BAD_LINES = {
    "no JSON": (b'{"text": ', r"in.jsonl:2: no valid JSON at column \d+: Expecting value"),
    "no object": (b"[1, 2]", "in.jsonl:2: a JSON object is needed, got list"),
    "no such column": (b'{"body": "x"}', "in.jsonl:2: no column 'text'; there are: 'body'"),
    "null": (b'{"text": null}', "in.jsonl:2: column 'text' is null"),
    "a number": (b'{"text": 7}', "in.jsonl:2: column 'text' is int, not text"),
    "not UTF-8": (b'{"text": "caf\xe9"}', "in.jsonl:2: not UTF-8 at byte 13"),
    "a list": (b'[{"text": "x"}]', "in.jsonl:2: a JSON object is needed, got list; write one object per line"),
    "over many lines": (b"{", "in.jsonl:2: no valid JSON .*; write one object per line"),
    "a list as text": (b'{"text": ["x"]}', "in.jsonl:2: column 'text' is list, not text"),
    "deep": (b'{"text": ' + b"[" * 100_000, "in.jsonl:2: no valid JSON"),
}


@pytest.mark.parametrize("kind", BAD_LINES)
def test_a_bad_line_stops_the_run_and_is_named(tmp_path: Path, kind: str) -> None:
    line, message = BAD_LINES[kind]
    (tmp_path / "in.jsonl").write_bytes(GOOD.encode() + b"\n" + line + b"\n")

    with pytest.raises(dedupe.InputError, match=message):
        clean_files(tmp_path / "in.jsonl", tmp_path / "out")

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", BAD_LINES)
def test_a_bad_line_is_skipped(tmp_path: Path, kind: str) -> None:
    (tmp_path / "in.jsonl").write_bytes(b"\n".join([BAD_LINES[kind][0], GOOD.encode()]) + b"\n")

    summary = clean_files(tmp_path / "in.jsonl", tmp_path / "out", on_error="skip")

    assert (tmp_path / "out/in.jsonl").read_text() == GOOD + "\n"
    assert (summary.documents_in, summary.documents_out, summary.unreadable) == (2, 1, 1)


def test_a_bad_line_is_kept_in_quarantine(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(b"\n".join([GOOD.encode(), b"{bad"]) + b"\n")

    clean_files(tmp_path / "in.jsonl", tmp_path / "out", on_error="quarantine")

    found = json.loads((tmp_path / "out/_dedupe/quarantine.jsonl").read_text())
    assert (found["file"], found["row"], found["raw"]) == ("in.jsonl", 2, "{bad")


def damaged_gzip(path: Path) -> None:
    """A gzip file whose second half is missing."""
    data = gzip.compress("".join(f'{{"text": "text {i * 7919} {i * 31}"}}\n' for i in range(5000)).encode())
    path.write_bytes(data[: len(data) // 2])


def damaged_zstd(path: Path) -> None:
    """A Zstandard file whose end is missing, before a whole block of it is there."""
    zstandard = pytest.importorskip("zstandard")
    path.write_bytes(zstandard.ZstdCompressor().compress((GOOD + "\n").encode() * 500)[:-30])


def zstd_bomb(path: Path) -> None:
    """A Zstandard file that expands ten thousand times."""
    zstandard = pytest.importorskip("zstandard")
    path.write_bytes(zstandard.ZstdCompressor().compress(b" " * (80 << 20)))


def cut_parquet(path: Path) -> None:
    """A Parquet file whose second half is missing."""
    pq.write_table(pa.table({"text": ["x"] * 100}), path)
    path.write_bytes(path.read_bytes()[:200])


def null_parquet(path: Path) -> None:
    """A Parquet file with a row without text."""
    pq.write_table(pa.table({"text": ["x", None]}), path)


def damaged_parquet(path: Path) -> None:
    """A Parquet file with a broken footer."""
    pq.write_table(pa.table({"text": ["x"]}), path)
    path.write_bytes(path.read_bytes()[:-6] + b"xxPAR1")


def number_parquet(path: Path) -> None:
    """A Parquet file without text."""
    pq.write_table(pa.table({"text": [1, 2]}), path)


def bomb(path: Path) -> None:
    """A gzip file that expands a thousand times."""
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(80):
            file.write(b" " * (1 << 20))


def open_quote(path: Path) -> None:
    """A CSV file with a row of the wrong length."""
    path.write_text('id,text\n1,"fine"\n2,"one",too many\n')


FILES: dict[str, tuple[Any, str]] = {
    "in.jsonl.gz": (damaged_gzip, "in.jsonl.gz is damaged or cut off after"),
    "bomb.jsonl.gz": (bomb, "expands to more than 250 times its size"),
    "in.jsonl.zst": (damaged_zstd, "in.jsonl.zst is damaged or cut off after 0 bytes of text"),
    "bomb.jsonl.zst": (zstd_bomb, "expands to more than 250 times its size"),
    "plain.jsonl.gz": (lambda path: path.write_text(GOOD), "plain.jsonl.gz is damaged or cut off after 0 bytes"),
    "utf16.jsonl": (lambda path: path.write_text(GOOD, "utf-16"), "utf16.jsonl:1: UTF-16, not UTF-8"),
    "utf16.csv": (lambda path: path.write_text("id,text\n1,x\n", "utf-16"), "utf16.csv: UTF-16, not UTF-8"),
    "utf16.txt": (lambda path: path.write_text("text", "utf-16"), "utf16.txt:1: UTF-16, not UTF-8"),
    "latin.csv": (lambda path: path.write_bytes(b"text\nok\ncaf\xe9\n"), "latin.csv:2: column 'text' is not UTF-8"),
    "cut.parquet": (cut_parquet, "cut.parquet is damaged"),
    "zero.parquet": (lambda path: path.write_bytes(b""), "zero.parquet is damaged: it has no bytes"),
    "null.parquet": (null_parquet, "null.parquet:2: column 'text' is null"),
    "in.warc": (lambda path: path.write_text("hello"), "in.warc: Invalid WARC header"),
    "in.parquet": (damaged_parquet, "in.parquet is damaged"),
    "numbers.parquet": (number_parquet, "column 'text' is int64, not text"),
    "in.csv": (open_quote, "in.csv:2: 3 fields, the header has 2"),
    "other.csv": (lambda path: path.write_text("a,b\n1,2\n"), "no column 'text'; there are: 'a', 'b'"),
    "in.txt": (lambda path: path.write_bytes(b"caf\xe9"), "in.txt:1: not UTF-8 at byte 3"),
    "in.xyz": (lambda path: path.write_bytes(b"x"), "the format of .*in.xyz cannot be told from its name"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_stops_the_run_and_is_named(tmp_path: Path, name: str) -> None:
    make, message = FILES[name]
    make(tmp_path / name)

    with pytest.raises(dedupe.InputError, match=message):
        clean_files(tmp_path / name, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_what_stands_before_the_damage_is_kept(tmp_path: Path) -> None:
    damaged_gzip(tmp_path / "in.jsonl.gz")
    (tmp_path / "other.jsonl").write_text(GOOD + "\n")

    summary = clean_files([tmp_path / "in.jsonl.gz", tmp_path / "other.jsonl"], tmp_path / "out", on_error="skip")

    with gzip.open(tmp_path / "out/in.jsonl.gz", "rt") as file:
        assert len(file.readlines()) > 100
    assert (tmp_path / "out/other.jsonl").read_text() == GOOD + "\n"
    assert summary.unreadable == 1


@pytest.mark.parametrize("name", ["in.jsonl", "in.csv", "in.txt", "in.jsonl.gz"])
def test_an_empty_file_gives_an_empty_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(b"") if name.endswith("gz") else b"")

    summary = clean_files(tmp_path / name, tmp_path / "out")

    assert (tmp_path / "out" / name).exists()
    assert summary.words_in == 0


def test_a_file_that_changes_while_it_is_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(f"{GOOD}\n" * 3)
    flush = columns.Column.flush

    def growing(column: columns.Column) -> None:
        flush(column)
        path.write_text(f"{GOOD}\n" * 4)

    monkeypatch.setattr(columns.Column, "flush", growing)
    with pytest.raises(dedupe.InputError, match="was changed while it was read"):
        clean_files(path, tmp_path / "out")


def test_files_of_one_name_keep_their_folders(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.jsonl").write_text(GOOD.replace("alone", name) + "\n")

    clean_files([tmp_path / "a/x.jsonl", tmp_path / "b/x.jsonl"], tmp_path / "out", threshold=1.0)

    made = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("x.jsonl"))
    assert made == ["a/x.jsonl", "b/x.jsonl"]


def test_a_pattern_stands_for_the_files_that_match_it(tmp_path: Path) -> None:
    for name in ("a", "b", "c.old"):
        (tmp_path / f"{name}.jsonl").write_text(GOOD.replace("alone", name) + "\n")

    clean_files(str(tmp_path / "?.jsonl"), tmp_path / "out", threshold=1.0)

    assert sorted(path.name for path in (tmp_path / "out").glob("*.jsonl")) == ["a.jsonl", "b.jsonl"]


def test_a_pattern_that_matches_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(dedupe.InputError, match=r"\*.jsonl does not exist"):
        clean_files(str(tmp_path / "*.jsonl"), tmp_path / "out")


def test_one_file_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(GOOD)

    with pytest.raises(dedupe.InputError, match="among the inputs twice"):
        clean_files([tmp_path / "x.jsonl", tmp_path / "." / "x.jsonl"], tmp_path / "out")


def test_an_unknown_format_of_standard_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(dedupe.OptionError, match=r"format must be one of .*, got 'jsonll'; did you mean 'jsonl'"):
        clean_files("-", tmp_path / "out", format="jsonll")


def test_a_url_that_is_given_twice_is_named(tmp_path: Path) -> None:
    with pytest.raises(dedupe.InputError, match=r"memory://x/in.jsonl is among the inputs twice"):
        clean_files(["memory://x/in.jsonl"] * 2, tmp_path / "out")


@pytest.mark.parametrize("output", ["in", "in/out"])
def test_an_output_inside_the_input_is_refused(tmp_path: Path, output: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/x.jsonl").write_text(GOOD)

    with pytest.raises(dedupe.InputError, match="lies inside the input"):
        clean_files(tmp_path / "in", tmp_path / output)


def test_an_output_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(GOOD)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/precious").write_text("x")

    with pytest.raises(dedupe.InputError, match="precious is there"):
        clean_files(tmp_path / "x.jsonl", tmp_path / "out")

    assert os.listdir(tmp_path / "out") == ["precious"]


@pytest.mark.parametrize("name", ["out.parquet", "out.jsonl.gz"])
def test_an_output_file_of_another_format_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.jsonl").write_text(GOOD)

    with pytest.raises(dedupe.InputError, match="formats are kept"):
        clean_files(tmp_path / "x.jsonl", tmp_path / name)

    assert os.listdir(tmp_path) == ["x.jsonl"]


def test_an_id_that_comes_twice_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(
        '{"id": "a", "text": "one"}\n{"id": "b", "text": "two"}\n{"id": "a", "text": "3"}\n'
    )

    with pytest.raises(dedupe.InputError, match=r"id 'a' comes twice: x.jsonl row 1 and x.jsonl row 3"):
        clean_files(tmp_path / "x.jsonl", tmp_path / "out", id="id")


def test_an_id_that_comes_twice_can_be_noted(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"id": "a", "text": "one"}\n{"id": "a", "text": "two"}\n')

    summary = clean_files(tmp_path / "x.jsonl", tmp_path / "out", id="id", on_error="skip")

    assert summary.problems[0]["problem"] == "id 'a' comes twice: x.jsonl row 1 and x.jsonl row 2"
    assert summary.documents_out == 2


@pytest.mark.parametrize("name", ["in.jsonl", "in.csv"])
def test_a_byte_order_mark_stays_and_is_no_text(tmp_path: Path, name: str) -> None:
    text = "text\none two\n" if name.endswith("csv") else GOOD + "\n"
    (tmp_path / name).write_text(text, "utf-8-sig")

    clean_files(tmp_path / name, tmp_path / "out")

    assert (tmp_path / "out" / name).read_text("utf-8") == "\ufeff" + text


def test_lines_of_megabytes_are_normal(tmp_path: Path) -> None:
    long = " ".join(f"word{number}" for number in range(400_000))
    rows = [json.dumps({"text": text}) for text in (long, "short", long + " end")]
    (tmp_path / "x.jsonl").write_text("\n".join(rows) + "\n")

    clean_files(tmp_path / "x.jsonl", tmp_path / "out")

    assert (tmp_path / "out/x.jsonl").read_text() == "\n".join(rows[:2]) + "\n"


def test_a_full_disk_leaves_a_run_that_can_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.jsonl").write_text(f"{GOOD}\n" * 3)

    def full(self: columns.Column) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(columns.Column, "flush", full)
        with pytest.raises(OSError, match="No space left"):
            clean_files(tmp_path / "x.jsonl", tmp_path / "out")
    clean_files(tmp_path / "x.jsonl", tmp_path / "out", resume=True)

    assert (tmp_path / "out/x.jsonl").read_text() == GOOD + "\n"


def test_a_disk_that_fills_while_files_are_written_leaves_a_run_that_can_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        (tmp_path / f"{name}.jsonl").write_text(GOOD.replace("alone", name) + "\n")

    def full(self: jsonl.Writer, *given: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(jsonl.Writer, "write", full)
        with pytest.raises(OSError, match="No space left"):
            clean_files([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], tmp_path / "out", threshold=1.0)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["_dedupe"]

    clean_files([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], tmp_path / "out", threshold=1.0, resume=True)

    assert (tmp_path / "out/b.jsonl").read_text() == GOOD.replace("alone", "b") + "\n"


def test_a_great_loss_stops_the_run_before_it_writes(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(f"{GOOD}\n" * 10)

    with pytest.raises(LossError, match=r"90.0% of the words of all inputs together would go, and max_loss is 0.5"):
        clean_files(tmp_path / "x.jsonl", tmp_path / "out", max_loss=0.5)

    assert not (tmp_path / "out/x.jsonl").exists()


def test_a_stopped_run_goes_on_with_another_loss(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(f"{GOOD}\n" * 10)
    with pytest.raises(LossError):
        clean_files(tmp_path / "x.jsonl", tmp_path / "out", max_loss=0.5)

    clean_files(tmp_path / "x.jsonl", tmp_path / "out", max_loss=0.95, resume=True)

    assert (tmp_path / "out/x.jsonl").read_text() == GOOD + "\n"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"memory": "lots"}, "memory must be a size such as '2GB'"),
        ({"on_error": "rase"}, "did you mean 'raise'"),
        ({"empty": "x"}, "empty must be one of 'drop', 'keep'"),
        ({"max_loss": 5}, "max_loss must be a share from 0 to 1"),
        ({"min_documents": 0}, "min_documents must be a whole number from 1"),
        ({"measure": "ratio"}, "use dedupe.find"),
        ({"linkage": "single"}, "over files linkage must be 'survivor', got 'single'"),
        ({"format": "jsn"}, "did you mean 'jsonl'"),
        ({"progress": "loud"}, "progress must be"),
        ({"on_errr": "skip"}, "unknown option 'on_errr'; known: text, .*did you mean 'on_error'"),
        ({"keep": "newst:day"}, "keep must be one of"),
    ],
)
def test_a_wrong_option_is_named(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    (tmp_path / "x.jsonl").write_text(GOOD)

    with pytest.raises(dedupe.OptionError, match=message):
        clean_files(tmp_path / "x.jsonl", tmp_path / "out", **settings)


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that may not be read, also by root, beside one that may."""
    (tmp_path / "in").mkdir()
    for name in ("good", "locked"):
        (tmp_path / "in" / f"{name}.jsonl").write_text(GOOD.replace("alone", name) + "\n")
    really_open = open

    def refusing(path: Any, *given: Any, **named: Any) -> Any:
        if str(path).endswith("locked.jsonl"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return really_open(path, *given, **named)

    monkeypatch.setattr("builtins.open", refusing)
    return tmp_path / "in"


def test_a_file_that_may_not_be_read_stops_the_run_and_is_named(tmp_path: Path, locked: Path) -> None:
    with pytest.raises(dedupe.InputError, match=r"Permission denied: .*locked\.jsonl"):
        clean_files(locked, tmp_path / "out")


def test_a_file_that_may_not_be_read_can_be_passed_over(tmp_path: Path, locked: Path) -> None:
    summary = clean_files(locked, tmp_path / "out", on_error="skip", threshold=1.0)

    assert (summary.documents_out, summary.unreadable) == (1, 1)
    assert "locked.jsonl" in summary.problems[0]["problem"]
