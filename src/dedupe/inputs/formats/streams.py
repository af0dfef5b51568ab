"""Bytes in and out: plain, gzip and Zstandard, local files and URLs."""

from __future__ import annotations

import gzip
import io
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from dedupe.errors import InputError, needs
from dedupe.inputs.formats.remote import file_system, is_url

BLOCK = 4 << 20  # bytes read at a time
# A real text packs to between a half and a fiftieth; an archive made to fill the disk to a thousandth and less.
MOST_EXPANSION = 250
_FREE = 64 << 20  # bytes that any file may expand to
_GZIP_BLOCK = 1 << 17
_ZSTD_BLOCK = 4096  # packed bytes at a time: a frame makes at most 128 KB of four bytes, so at most 128 MB of these


def compression(name: str) -> str:
    """Tell the compression of a file from its name: ``""``, ``"gz"`` or ``"zst"``."""
    lower = name.lower()
    if lower.endswith((".gz", ".gzip")):
        return "gz"
    return "zst" if lower.endswith((".zst", ".zstd")) else ""


@contextmanager
def reading(path: str) -> Iterator[IO[bytes]]:
    """Open a file or URL for reading, as it is."""
    if not is_url(path):
        with open(path, "rb") as file:
            yield file
        return
    system, inner = file_system(path)
    with system.open(inner, "rb") as file:
        yield cast(IO[bytes], file)


def blocks(path: str) -> Iterator[bytes]:
    """The bytes of a file, unpacked, a few megabytes at a time.

    Raises:
        InputError: The packed data is damaged, cut off, or expands more than any text does.
        OSError: The file cannot be read.
    """
    kind = compression(path)
    with reading(path) as file:
        if not kind:
            while data := file.read(BLOCK):
                yield data
            return
        packed = _Counted(file)
        unpacked = _gunzip(packed) if kind == "gz" else _unzstd(packed, path)
        done = 0
        while True:
            try:
                data = next(unpacked, b"")
            except (EOFError, zlib.error, _Damaged) as error:
                raise InputError(f"{path} is damaged or cut off after {done} bytes of text: {error}") from error
            done += len(data)
            if done > max(_FREE, MOST_EXPANSION * packed.n_bytes):
                raise InputError(
                    f"{path} expands to more than {MOST_EXPANSION} times its size, which no text does; "
                    "unpack it yourself if it is meant to"
                )
            if not data:
                return
            yield data


class _Damaged(Exception):
    """What is wrong with a Zstandard stream."""


class _Counted(io.RawIOBase):
    """Packed bytes, counted."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.n_bytes = file, 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        data = self._file.read(len(into))
        into[: len(data)] = data
        self.n_bytes += len(data)
        return len(data)


def _gunzip(packed: _Counted) -> Iterator[bytes]:
    # not the gzip module: of a file that is cut off, it does not hand over what stands before the cut
    member: Any = None
    while data := packed.read(_GZIP_BLOCK):
        while data:
            if member is None:
                data = data.lstrip(b"\0")  # padding between members
                if not data:
                    break
                member = zlib.decompressobj(31)
            out = member.decompress(data, BLOCK)
            if out:
                yield out
            if member.eof:
                data, member = member.unused_data, None
            else:
                data = member.unconsumed_tail
    if member is not None:
        raise EOFError("the last part is not complete")


def _unzstd(packed: _Counted, path: str) -> Iterator[bytes]:
    try:
        import zstandard
    except ImportError as error:
        raise needs("zstd", "zstandard", f"{path} (Zstandard)") from error
    frame: Any = None
    waiting: list[bytes] = []
    while data := packed.read(_ZSTD_BLOCK):
        while data:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            try:
                waiting.append(frame.decompress(data))
            except zstandard.ZstdError as error:
                raise _Damaged(str(error)) from error
            data = frame.unused_data
            if frame.eof:
                frame = None
        if sum(map(len, waiting)) >= BLOCK:
            yield b"".join(waiting)
            waiting = []
    if any(waiting):  # nothing at all would read as the end of the file
        yield b"".join(waiting)
    if frame is not None:
        raise _Damaged("the last frame is not complete")


@contextmanager
def writing(path: Path, kind: str) -> Iterator[IO[bytes]]:
    """Open a new local file, packed as its source was; the same bytes in give the same bytes out.

    Args:
        path: The file.
        kind: ``""``, ``"gz"`` or ``"zst"``.
    """
    with path.open("wb") as file:
        if kind == "gz":
            # no name and no time in the head, or two runs would differ
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6) as packed:
                yield cast(IO[bytes], packed)
        elif kind == "zst":
            import zstandard

            with zstandard.ZstdCompressor(level=3).stream_writer(file, closefd=False) as packed:
                yield cast(IO[bytes], packed)
        else:
            yield file


def copy(source: str, target: Path) -> None:
    """Copy bytes as they are."""
    with reading(source) as file, target.open("wb") as into:
        shutil.copyfileobj(file, into, BLOCK)
