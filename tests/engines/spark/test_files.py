"""Files in, files out: what one machine writes, in parts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpora import paragraphs

import dedupe
from dedupe.engines.spark.files import clean_files, format_of
from dedupe.errors import InputError, OptionError

ROWS = [{"id": f"u{n:03}", "body": text, "n": [1.50, None]} for n, text in enumerate(paragraphs(60, 12))]


def lines_of(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, separators=(" ,", ": ")) + "\n" for row in rows).encode()


def test_lines_of_json_lose_their_paragraphs_and_nothing_else(session: Any, tmp_path: Path) -> None:
    given = tmp_path / "in.jsonl"
    given.write_bytes(lines_of(ROWS) + b"\n")
    made = clean_files(session, [str(given)], str(tmp_path / "out"), text="body", id="id", unit="paragraph")
    dedupe.clean_files(str(given), str(tmp_path / "local.jsonl"), text="body", id="id", unit="paragraph")

    parts = [part.read_bytes() for part in (tmp_path / "out").glob("part-*")]
    local = (tmp_path / "local.jsonl").read_bytes()
    assert sorted(b"".join(parts).splitlines()) == sorted(line for line in local.splitlines() if line)
    assert made.documents_in == len(ROWS)
    assert made.documents_out == len(local.splitlines()) - 1
    removed = [part.read_text().splitlines() for part in Path(made.removed_list).glob("part-*")]
    assert sum(map(len, removed)) == sum(made.removed.values()) > 0

    with pytest.raises(InputError, match=r"output .*out is there already; name another folder"):
        clean_files(session, [str(given)], str(tmp_path / "out"), text="body", id="id")
    with pytest.raises(InputError, match="has a field 'text'; name the text with --text"):
        clean_files(session, [str(given)], str(tmp_path / "other"), id="id")


def test_parquet_keeps_its_columns(session: Any, tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "in.parquet")
    clean_files(session, [str(tmp_path / "in.parquet")], str(tmp_path / "out"), text="body", id="id", keep="longest")
    kept = pq.read_table(tmp_path / "out").sort_by("id").to_pylist()
    bodies = dedupe.unique([row["body"] for row in ROWS], keep="longest")
    assert [row["body"] for row in kept] == bodies
    assert all(row["n"] == [1.5, None] for row in kept)


def test_what_cannot_be_done_is_said() -> None:
    assert format_of(["a.jsonl.gz", "b/c.ndjson"], None) == "jsonl"
    with pytest.raises(InputError, match=r"cannot tell one format from a.jsonl, b.parquet; give --format"):
        format_of(["a.jsonl", "b.parquet"], None)
    with pytest.raises(OptionError, match="on a cluster format must be 'jsonl' or 'parquet', got 'csv'"):
        format_of(["a.csv"], "csv")
    with pytest.raises(OptionError, match="id must name a column that identifies each document"):
        clean_files(None, ["a.jsonl"], "out")  # type: ignore[arg-type]


@pytest.mark.skipif(bool(os.environ.get("SPARK_CONNECT")), reason="the command starts a session of its own")
def test_the_command_runs_on_spark(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(lines_of(ROWS))
    command = [sys.executable, "-m", "dedupe", "corpus", "in.jsonl", "-o", "out", "--text", "body", "--id", "id"]
    done = subprocess.run(
        [*command, "--engine", "spark", "--master", "local[2]"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    told = done.stderr.splitlines()
    n_out = len(dedupe.unique([row["body"] for row in ROWS]))
    assert f"documents  {len(ROWS)} in, {n_out} out" in told
    assert "list       out/_dedupe/removed" in told
