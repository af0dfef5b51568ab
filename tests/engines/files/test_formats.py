"""Every format: what stays is as it was, what goes is listed, and a missing library is named."""

import builtins
import gzip
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import dedupe
from dedupe import clean_files

A = "The quick brown fox jumps over the lazy dog and then sleeps for a while in the sun."
B = "An entirely different sentence about the weather, the sea, and the price of salt fish."
C = "the QUICK brown fox jumps over the lazy dog, and then sleeps for a while in the sun"


def removed(output: Path) -> list[dict[str, Any]]:
    """The list of what went."""
    return [json.loads(line) for line in (output / "_dedupe/removed.jsonl").read_text().splitlines()]


def test_kept_lines_come_out_byte_for_byte(tmp_path: Path) -> None:
    lines = [
        b'{"n": 1.50, "text": "' + A.encode() + b'", "n": 2e3 }\r',
        b"",
        b'{"text":"' + B.encode() + b'\\u00e9", "big": 123456789012345678901234567890}',
        b'{"text":"' + C.encode() + b'"}',
    ]
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines) + b"\n")

    clean_files(tmp_path / "in.jsonl", tmp_path / "out")

    assert (tmp_path / "out/in.jsonl").read_bytes() == b"\n".join(lines[:3]) + b"\n"


def test_the_removed_list_names_survivor_similarity_and_rule(tmp_path: Path) -> None:
    rows = [{"key": "a", "text": A}, {"key": "b", "text": B}, {"key": "c", "text": C}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    clean_files(tmp_path / "in.jsonl", tmp_path / "out", id="key")

    assert removed(tmp_path / "out") == [
        {
            "id": "c",
            "file": "in.jsonl",
            "row": 3,
            "survivor": {"id": "a", "file": "in.jsonl", "row": 1},
            "similarity": 1.0,
            "measure": "jaccard",
            "rule": "same words",
            "cluster": 0,
        }
    ]


def packed(kind: str, data: bytes) -> bytes:
    """Data as a file of this kind holds it."""
    if kind == ".gz":
        return gzip.compress(data)
    if kind == ".zst":
        zstandard = pytest.importorskip("zstandard")
        return zstandard.ZstdCompressor().compress(data)
    return data


def unpacked(kind: str, data: bytes) -> bytes:
    """The reverse."""
    if kind == ".gz":
        return gzip.decompress(data)
    if kind == ".zst":
        import zstandard

        return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True).read()
    return data


@pytest.mark.parametrize("kind", ["", ".gz", ".zst"])
def test_output_is_packed_as_the_input(tmp_path: Path, kind: str) -> None:
    lines = [json.dumps({"text": text}).encode() + b"\n" for text in (A, B, C)]
    path = tmp_path / f"in.jsonl{kind}"
    path.write_bytes(packed(kind, b"".join(lines[:2])) + packed(kind, lines[2]))

    clean_files(path, tmp_path / "out")

    assert unpacked(kind, (tmp_path / "out" / path.name).read_bytes()) == b"".join(lines[:2])


@pytest.mark.parametrize("name", ["in.csv", "in.tsv", "in.csv.gz"])
def test_kept_rows_of_csv_keep_their_quoting(tmp_path: Path, name: str) -> None:
    mark = "\t" if "tsv" in name else ","
    rows = [
        mark.join(["id", "text", "note"]) + "\r\n",
        mark.join(["1", f'"{A}"', '"says ""hi""\n twice"']) + "\r\n",
        mark.join(["2", f'"{C}"', "x"]) + "\r\n",
        mark.join(['"3"', f'"{B}"', ""]) + "\r\n",
    ]
    kind = ".gz" if name.endswith(".gz") else ""
    (tmp_path / name).write_bytes(packed(kind, "".join(rows).encode()))

    clean_files(tmp_path / name, tmp_path / "out", id="id")

    out = unpacked(kind, (tmp_path / "out" / name).read_bytes())
    assert out.decode() == rows[0] + rows[1] + rows[3]


TABLE = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int16()),
        "text": pa.array([A, B, C]),
        "tags": pa.array([["x"], None, []], pa.list_(pa.string())),
        "when": pa.array([0, 1, 2], pa.timestamp("us", tz="UTC")),
    },
    metadata={"made": "by hand"},
)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())], ids=str)
@pytest.mark.parametrize("packing", ["zstd", "snappy", "none"])
def test_parquet_keeps_columns_types_and_compression(tmp_path: Path, kind: Any, packing: str) -> None:
    table = TABLE.set_column(1, "text", TABLE["text"].cast(pa.string()).combine_chunks().cast(kind))
    pq.write_table(table, tmp_path / "in.parquet", compression=packing)

    clean_files(tmp_path / "in.parquet", tmp_path / "out", id="id")

    made = pq.ParquetFile(tmp_path / "out/in.parquet")
    assert made.schema_arrow.equals(pq.read_schema(tmp_path / "in.parquet"), check_metadata=True)
    assert made.read().equals(pq.read_table(tmp_path / "in.parquet").slice(0, 2))
    assert made.metadata.row_group(0).column(1).compression == {"none": "UNCOMPRESSED"}.get(packing, packing.upper())


def test_parquet_keeps_row_groups(tmp_path: Path) -> None:
    table = pa.table({"text": [f"{A} {number} {number * 7} {number * 31}" * 3 for number in range(90)]})
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=40)

    clean_files(tmp_path / "in.parquet", tmp_path / "out", threshold=1.0)

    about = pq.ParquetFile(tmp_path / "out/in.parquet").metadata
    assert [about.row_group(number).num_rows for number in range(about.num_row_groups)] == [40, 40, 10]


def write_arrow(path: Path, table: Any, *, is_stream: bool) -> None:
    """An Arrow file or stream."""
    made = pa.ipc.new_stream(str(path), table.schema) if is_stream else pa.ipc.new_file(str(path), table.schema)
    with made:
        made.write_table(table, max_chunksize=2)


@pytest.mark.parametrize("is_stream", [True, False], ids=["stream", "file"])
def test_arrow_keeps_columns_and_layout(tmp_path: Path, is_stream: bool) -> None:
    write_arrow(tmp_path / "in.arrow", TABLE, is_stream=is_stream)

    clean_files(tmp_path / "in.arrow", tmp_path / "out")

    source = pa.OSFile(str(tmp_path / "out/in.arrow"))
    made = (pa.ipc.open_stream(source) if is_stream else pa.ipc.open_file(source)).read_all()
    assert made.equals(TABLE.slice(0, 2))
    assert made.schema.equals(TABLE.schema, check_metadata=True)


def test_a_saved_data_set_stays_one(tmp_path: Path) -> None:
    folder = tmp_path / "in/train"
    folder.mkdir(parents=True)
    write_arrow(folder / "data-00000-of-00001.arrow", TABLE, is_stream=True)
    (tmp_path / "in/dataset_dict.json").write_text('{"splits": ["train"]}')
    (folder / "state.json").write_text(
        json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_fingerprint": "abc"})
    )
    (folder / "dataset_info.json").write_text("{}")

    clean_files(tmp_path / "in", tmp_path / "out")

    made = pa.ipc.open_stream(str(tmp_path / "out/train/data-00000-of-00001.arrow")).read_all()
    state = json.loads((tmp_path / "out/train/state.json").read_text())
    assert made.num_rows == 2
    assert (tmp_path / "out/dataset_dict.json").read_text() == '{"splits": ["train"]}'
    assert state["_fingerprint"] != "abc"


def test_a_folder_of_text_files_keeps_its_paths(tmp_path: Path) -> None:
    for name, text in (("a.txt", A), ("sub/b.md", B), ("sub/c.txt", C)):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(text)

    summary = clean_files(tmp_path / "in", tmp_path / "out")

    kept = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*[td]"))
    assert kept == ["a.txt", "sub/b.md"]
    assert (summary.documents_in, summary.documents_out) == (3, 2)


def warc_record(kind: str, number: int, body: bytes) -> bytes:
    """One WARC record, packed as a member of its own."""
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number}>\r\nContent-Type: text/plain\r\n"
    return gzip.compress(head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body + b"\r\n\r\n")


def test_kept_warc_records_come_out_byte_for_byte(tmp_path: Path) -> None:
    pytest.importorskip("fastwarc")
    made = [warc_record("warcinfo", 0, b"x: y")]
    made += [warc_record("conversion", number, text.encode()) for number, text in enumerate((A, C, B), 1)]
    (tmp_path / "in.warc.wet.gz").write_bytes(b"".join(made))

    clean_files(tmp_path / "in.warc.wet.gz", tmp_path / "out", id="WARC-Record-ID")

    assert (tmp_path / "out/in.warc.wet.gz").read_bytes() == made[0] + made[1] + made[3]
    assert [one["id"] for one in removed(tmp_path / "out")] == ["<urn:uuid:2>"]


def test_urls_are_read_through_fsspec(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    lines = [json.dumps({"text": text}) + "\n" for text in (A, B, C)]
    with fsspec.open("memory://bucket/in.jsonl", "wt") as file:
        file.write("".join(lines))

    clean_files("memory://bucket/in.jsonl", tmp_path / "out")

    assert (tmp_path / "out/in.jsonl").read_text() == "".join(lines[:2])


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [
        ("in.jsonl.zst", "zstandard", "zstd"),
        ("in.parquet", "pyarrow", "arrow"),
        ("in.warc", "fastwarc.warc", "warc"),
        ("memory://in.jsonl", "fsspec", "url"),
    ],
)
def test_a_missing_library_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str, extra: str
) -> None:
    load = builtins.__import__

    def without(wanted: str, *args: Any) -> Any:
        if wanted == module:
            raise ImportError(wanted)
        return load(wanted, *args)

    path = name if "://" in name else str(tmp_path / name)
    if "://" not in name:
        Path(path).write_bytes(b"x")
    monkeypatch.delitem(sys.modules, "dedupe.inputs.formats.tables", raising=False)
    monkeypatch.delattr("dedupe.inputs.formats.tables", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(dedupe.DedupeError, match=rf"pip install 'dedupe-text\[{extra}\]'"):
        clean_files(path, tmp_path / "out")


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Rows as a JSONL file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_documents_lose_the_paragraphs_that_stand_elsewhere(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "in.jsonl", [{"text": f"{A}\n\n{B}", "n": 1.0}, {"text": f"Short.\n\n{C}", "n": 2.0}])

    clean_files(path, tmp_path / "out", unit="paragraph")

    assert (tmp_path / "out/in.jsonl").read_text().splitlines()[1] == '{"text": "Short.", "n": 2.0}'


def test_paragraphs_go_from_csv_and_parquet_too(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": [f"{A}\n\n{B}", f"Short.\n\n{C}"]}), tmp_path / "in.parquet")
    (tmp_path / "in.csv").write_text(f'n,text\n"1","{A}\n\n{B}"\n"2","Other.\n\n{C}"\n')

    clean_files([tmp_path / "in.parquet", tmp_path / "in.csv"], tmp_path / "out", unit="paragraph")

    assert pq.read_table(tmp_path / "out/in.parquet")["text"].to_pylist() == [f"{A}\n\n{B}", "Short."]
    assert (tmp_path / "out/in.csv").read_text() == 'n,text\n"2","Other."\n'


@pytest.mark.parametrize(("empty", "n_out"), [("drop", 1), ("keep", 2)])
def test_emptied_documents_go_or_stay_by_option(tmp_path: Path, empty: str, n_out: int) -> None:
    path = jsonl(tmp_path / "in.jsonl", [{"text": A}, {"text": C}])

    summary = clean_files(path, tmp_path / "out", unit="paragraph", empty=empty)

    assert (summary.emptied, summary.documents_out) == (1, n_out)


def test_a_paragraph_goes_only_from_so_many_documents(tmp_path: Path) -> None:
    rows = [{"text": f"{text}\n\nunique {number}"} for number, text in enumerate((A, A, A, B, B))]
    path = jsonl(tmp_path / "in.jsonl", rows)

    clean_files(path, tmp_path / "out", unit="paragraph", min_documents=3)

    made = [json.loads(line)["text"] for line in (tmp_path / "out/in.jsonl").read_text().splitlines()]
    assert made == [rows[0]["text"], "unique 1", "unique 2", rows[3]["text"], rows[4]["text"]]


def test_documents_are_cleaned_inside_first(tmp_path: Path) -> None:
    rows = [{"text": f"{A}\n\n{B}\n\n{A}"}, {"text": f"{B}\n\nIt ends here, said the man who knew it all."}]
    path = jsonl(tmp_path / "in.jsonl", rows)

    summary = clean_files(path, tmp_path / "out", unit="paragraph", inside=True)

    made = [json.loads(line)["text"] for line in (tmp_path / "out/in.jsonl").read_text().splitlines()]
    assert made == [f"{A}\n\n{B}", "It ends here, said the man who knew it all."]
    assert dict(summary.removed) == {"identical": 1, "same words": 0, "similar": 0, "against": 0, "inside": 1}
    assert [one.get("inside", False) for one in removed(tmp_path / "out")] == [False, True]


def test_what_an_index_holds_goes(tmp_path: Path) -> None:
    with dedupe.Index(tmp_path / "old.idx") as index:
        index.add([("old", A)])
    rows = [{"id": "same", "text": C}, {"id": "new", "text": B}, {"id": "copy", "text": B}, {"id": "again", "text": A}]
    path = jsonl(tmp_path / "in.jsonl", rows)

    summary = clean_files(path, tmp_path / "out", id="id", against=str(tmp_path / "old.idx"))

    listed = {one["id"]: (one["survivor"]["id"], one["rule"]) for one in removed(tmp_path / "out")}
    assert listed == {"same": ("old", "same words"), "again": ("old", "identical"), "copy": ("new", "identical")}
    assert summary.removed["against"] == 2


MARKED: list[tuple[str, Callable[[Path], list[bool]]]] = [
    ("in.jsonl", lambda path: [json.loads(line)["dedupe_keep"] for line in path.read_text().splitlines()]),
    ("in.csv", lambda path: [json.loads(line.split(",")[1]) for line in path.read_text().splitlines()[1:]]),
    ("in.parquet", lambda path: pq.read_table(path)["dedupe_keep"].to_pylist()),
]


@pytest.mark.parametrize(("name", "keeps"), MARKED, ids=[name for name, _ in MARKED])
def test_marking_keeps_everything_and_adds_columns(
    tmp_path: Path, name: str, keeps: Callable[[Path], list[bool]]
) -> None:
    texts = [text.replace(",", "") for text in (A, B, C)]
    path = tmp_path / name
    if name.endswith("parquet"):
        pq.write_table(pa.table({"text": texts}), path)
    elif name.endswith("csv"):
        path.write_text("\n".join(["text", *texts]) + "\n")
    else:
        jsonl(path, [{"text": text} for text in texts])

    clean_files(path, tmp_path / "out", mark=True)

    assert keeps(tmp_path / "out" / name) == [True, True, False]
