"""Immutable files of named arrays: written once, checked, memory-mapped."""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from dedupe.errors import DedupeError, IndexDamaged

MAGIC = b"DEDUPSEG"
FORMAT = 1
_ALIGN = 64  # sections begin on cache lines
# magic, format, bytes of the directory, its checksum, unused, where it begins
_HEAD = struct.Struct("<8sIIIIQ")
_PART = 1 << 24  # bytes checked at a time

Array = npt.NDArray[Any]


class SegmentWriter:
    """Writes one segment: sections of arrays, then the directory, then the head that makes it valid.

    The file is complete and on the disk when the `with` block ends; an error inside it leaves no file.
    """

    def __init__(self, path: Path, facts: Mapping[str, Any]) -> None:
        """Start the file.

        Args:
            path: Where; there must be no such file.
            facts: What the directory says about the segment, as values for JSON.
        """
        self.path, self._facts = path, dict(facts)
        self._sections: dict[str, list[Any]] = {}
        self._at = 0

    def __enter__(self) -> Self:
        """Make the file."""
        try:
            self._file = open(self.path, "xb")  # closed in __exit__
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        self._put(bytes(_ALIGN))
        return self

    def section(self, name: str, parts: Iterable[Array], dtype: npt.DTypeLike) -> int:
        """Write one array, given in parts.

        Args:
            name: Name of the section.
            parts: Arrays of one dimension, in order.
            dtype: What they are converted to.

        Returns:
            Number of values.
        """
        begin, count, check = self._at, 0, 0
        wanted = np.dtype(dtype).newbyteorder("<")
        for part in parts:
            data = np.ascontiguousarray(part, dtype=wanted).data.cast("B")
            check = zlib.crc32(data, check)
            self._put(data)
            count += part.size
        pad = bytes(-self._at % _ALIGN)
        self._put(pad)
        self._sections[name] = [wanted.str, count, begin, zlib.crc32(pad, check)]
        return count

    def fact(self, name: str, value: Any) -> None:
        """Add to the facts what is known only after writing."""
        self._facts[name] = value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file, or take it away."""
        if error is None:
            try:
                self._finish()
                return
            except DedupeError:
                self._discard()
                raise
        self._discard()
        if isinstance(error, OSError):
            raise _cannot_write(self.path, error) from error

    def _finish(self) -> None:
        directory = json.dumps({**self._facts, "sections": self._sections}).encode()
        begin = self._at
        self._put(directory)
        try:
            self._file.seek(0)
            self._file.write(_HEAD.pack(MAGIC, FORMAT, len(directory), zlib.crc32(directory), 0, begin))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise _cannot_write(self.path, error) from error

    def _put(self, data: bytes | memoryview) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            self._discard()
            raise _cannot_write(self.path, error) from error
        self._at += len(data)

    def _discard(self) -> None:
        with suppress(OSError):  # the buffered rest did not fit on the disk either; the file goes anyway
            self._file.close()
        self.path.unlink(missing_ok=True)


class Segment:
    """A segment that is open for reading; its arrays are views of the mapped file, read-only."""

    def __init__(self, path: Path) -> None:
        """Map the file and check its head and directory, not its sections.

        Raises:
            IndexDamaged: The file is missing, cut short, or no segment.
        """
        self.path = path
        try:
            with open(path, "rb") as file:
                self.size = os.fstat(file.fileno()).st_size
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if self.size else b""
        except OSError as error:
            raise IndexDamaged(f"cannot read {path}: {error.strerror or error}{_WAY_OUT}") from error
        self.facts = self._directory()
        self._sections: dict[str, list[Any]] = self.facts.pop("sections")
        self._arrays: dict[str, Array] = {}

    def _directory(self) -> dict[str, Any]:
        if self.size < _ALIGN:
            raise self._damaged(f"it has {self.size} bytes, a segment has at least {_ALIGN}")
        magic, version, length, check, unused, begin = _HEAD.unpack_from(self._data)
        if magic != MAGIC or unused or any(self._data[_HEAD.size : _ALIGN]):
            raise self._damaged("its first bytes are not those of a segment")
        if version != FORMAT:
            raise IndexDamaged(
                f"{self.path} has segment format {version}, this version reads format {FORMAT}; "
                "read it with the version that wrote it and export it, or restore it from a copy"
            )
        if begin + length != self.size:
            raise self._damaged(f"it has {self.size} bytes, its head says {begin + length}")
        data = bytes(self._data[begin : begin + length])
        if zlib.crc32(data) != check:
            raise self._damaged("the checksum of its directory does not fit")
        directory: dict[str, Any] = json.loads(data)
        return directory

    def __getitem__(self, name: str) -> Array:
        """The array of this section, shape (count,)."""
        array = self._arrays.get(name)
        if array is None:
            dtype, count, begin, _ = self._sections[name]
            array = np.frombuffer(self._data, dtype, count, begin)
            self._arrays[name] = array
        return array

    def __contains__(self, name: str) -> bool:
        """Whether there is such a section."""
        return name in self._sections

    def names(self) -> list[str]:
        """Names of the sections, as they were written."""
        return list(self._sections)

    def count(self, name: str) -> int:
        """Number of values in a section."""
        return int(self._sections[name][1])

    def damaged_sections(self) -> list[str]:
        """Read all sections, and name those whose checksum does not fit."""
        wrong = []
        for name, (dtype, count, begin, wanted) in self._sections.items():
            size = count * np.dtype(dtype).itemsize
            end = begin + size + -size % _ALIGN
            check = 0
            for first in range(begin, end, _PART):
                check = zlib.crc32(memoryview(self._data)[first : min(first + _PART, end)], check)
            if check != wanted:
                wrong.append(name)
        return wrong

    def _damaged(self, why: str) -> IndexDamaged:
        return IndexDamaged(f"{self.path} is damaged: {why}{_WAY_OUT}")


_WAY_OUT = (
    "; `dedupe index verify` lists what is damaged, `dedupe index repair` keeps what is whole, "
    "and Index(path, skip_damaged=True) reads the rest"
)


def _cannot_write(path: Path, error: OSError) -> DedupeError:
    return DedupeError(
        f"cannot write {path}: {error.strerror or error}; nothing was changed. "
        "Make room or allow writing there, and call again"
    )
