"""WARC and WET: kept records are copied byte for byte, packed as they are.

The documents are the records of type ``conversion`` (WET), and the bodies of type ``text/…`` in ``response`` and
``resource`` records, compared with their markup. All other records are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from dedupe.core.text.batch import encode
from dedupe.errors import InputError, needs
from dedupe.inputs.formats.rows import AddedColumns, RowTexts
from dedupe.inputs.formats.streams import BLOCK, reading

_CHUNK = 8 << 20  # bytes of text handed over at a time
_LARGEST = 1 << 28  # bytes of a record's text that are looked at


class Records:
    """Some records of an archive.

    Attributes:
        begins: Where each record begins in the file, and where the last one ends (None: at the end of the file).
    """

    def __init__(self, path: str, texts: list[str], headers: list[dict[str, str]], begins: list[int | None]) -> None:
        """Hold records."""
        self.path, self._texts, self._headers, self.begins = path, texts, headers, begins
        self.n_rows = len(texts)

    def texts(self, rows: Sequence[int] | None = None) -> RowTexts:
        """The texts of these records, or of all."""
        return RowTexts(encode(self._texts if rows is None else [self._texts[row] for row in rows]), {})

    def column(self, name: str, rows: Sequence[int] | None = None) -> list[Any]:
        """The values of a header, such as WARC-Record-ID; None where there is none."""
        chosen = self._headers if rows is None else [self._headers[row] for row in rows]
        return [headers.get(name.lower()) for headers in chosen]

    def raw(self, row: int) -> str:
        """Where the record stands."""
        return f"record at byte {self.begins[row]}"


def read(path: str, text: str, columns: Sequence[str] | None = None) -> Iterator[Records]:
    """The records of a file in chunks.

    Raises:
        InputError: The file is damaged or cut off.
        DedupeError: fastwarc is missing.
    """
    try:
        from fastwarc.warc import ArchiveIterator
    except ImportError as error:
        raise needs("warc", "fastwarc", f"{path} (WARC)") from error
    texts: list[str] = []
    headers: list[dict[str, str]] = []
    begins: list[int | None] = []
    size = n_records = 0
    with reading(path) as file:
        for record in ArchiveIterator(file):
            if size >= _CHUNK:
                yield Records(path, texts, headers, [*begins, record.stream_pos])
                texts, headers, begins, size = [], [], [], 0
            begins.append(record.stream_pos)
            headers.append({name.lower(): value for name, value in record.headers.items()})
            texts.append(_text(record, path, n_records))
            size += len(texts[-1])
            n_records += 1
    if not n_records and Path(path).stat().st_size:
        raise InputError(f"{path} holds no WARC record; is it one?")
    yield Records(path, texts, headers, [*begins, None])


def _text(record: Any, path: str, number: int) -> str:
    """The text of a record; empty when it is no document."""
    kind = str(record.record_type).rpartition(".")[2]
    length = record.content_length  # of the body: a response's head has been read
    data: bytes = record.reader.read(_LARGEST)
    if len(data) < min(length, _LARGEST):
        raise InputError(f"{path}: record {number + 1} is cut off after {len(data)} of {length} bytes")
    media = record.http_content_type if record.is_http else record.headers.get("Content-Type", "")
    if kind == "conversion" or (kind in ("response", "resource") and str(media or "").startswith("text/")):
        charset = (record.http_charset if record.is_http else None) or "utf-8"
        try:
            return data.decode(charset, "replace")
        except LookupError:  # an encoding that nobody knows
            return data.decode("utf-8", "replace")
    return ""


class Writer:
    """Copies records."""

    def __init__(self, path: Path, source: str) -> None:
        """Open `path` and `source`."""
        self._file = path.open("wb")
        self._opened = reading(source)
        self._source: IO[bytes] = self._opened.__enter__()

    def write(self, chunk: Records, keep: Sequence[bool], texts: Mapping[int, str], added: AddedColumns | None) -> None:
        """Copy the records that stay."""
        if added is not None or texts:
            raise InputError(
                f"{chunk.path}: a WARC record is kept whole or not at all; use the unit 'document' without inside or "
                "mark, or turn the archive into JSON Lines first"
            )
        for row in range(chunk.n_rows):
            if keep[row]:
                self._copy(chunk.begins[row] or 0, chunk.begins[row + 1])

    def _copy(self, begin: int, end: int | None) -> None:
        self._source.seek(begin)
        while end is None or begin < end:
            data = self._source.read(BLOCK if end is None else min(BLOCK, end - begin))
            if not data:
                return
            self._file.write(data)
            begin += len(data)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()
        self._opened.__exit__(None, None, None)
