"""The SQLite catalogue: settings, and which files are the index. Its transactions are the commits."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from dedupe.errors import DedupeError, IndexDamaged, IndexLocked

NAME = "catalogue.sqlite"
FORMAT = 1
_APPLICATION = 0x64647570  # "ddup", in the head of the file
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE segments (name TEXT PRIMARY KEY, kind TEXT NOT NULL, level INTEGER NOT NULL, bytes INTEGER NOT NULL,
    counts TEXT NOT NULL) WITHOUT ROWID;
"""


class SegmentEntry(NamedTuple):
    """A segment that belongs to the index.

    Attributes:
        name: File name inside the folder; names rise with time and are never used again.
        kind: ``records``, ``postings`` or ``changes``.
        level: Size tier.
        bytes: Size of the file.
        counts: Numbers of its first document and block and how many it has of each, as JSON.
    """

    name: str
    kind: str
    level: int
    bytes: int
    counts: str


class Catalogue:
    """One connection to the catalogue of an index; used by the process that opened it."""

    def __init__(self, folder: Path, *, timeout: float, readonly: bool) -> None:
        """Open the catalogue of an existing index.

        Raises:
            IndexDamaged: It is no catalogue.
            DedupeError: It is of a later format, or cannot be opened.
        """
        self.path = folder / NAME
        self.timeout = timeout
        self._db = _connect(self.path, timeout, readonly)
        with self._explained():
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            application = self._db.execute("PRAGMA application_id").fetchone()[0]
        if application != _APPLICATION:
            raise IndexDamaged(f"{self.path} is no catalogue of an index{_WAY_OUT}")
        if version != FORMAT:
            raise DedupeError(
                f"{folder} has index format {version}, this version reads format {FORMAT}; "
                "export it with the version that wrote it, and add the export to a new index"
            )

    @staticmethod
    def create(folder: Path, settings: Mapping[str, Any]) -> None:
        """Make the catalogue of an empty index, all or nothing.

        It is made under a name of its own and linked into place when it is whole, so several processes may make
        the same index at once: the first one counts, and nobody ever sees half of it.

        Raises:
            DedupeError: The folder cannot be written to.
        """
        part = folder / f".{NAME}.{os.getpid()}.{secrets.token_hex(4)}"
        try:
            db = sqlite3.connect(part, isolation_level=None)
            try:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                db.execute("BEGIN IMMEDIATE")
                for statement in filter(str.strip, _TABLES.split(";")):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {FORMAT}")
                db.execute(f"PRAGMA application_id = {_APPLICATION}")
                text = json.dumps(settings)
                check = str(zlib.crc32(text.encode()))
                values = [("settings", text), ("settings_check", check), ("next_file", "1")]
                db.executemany("INSERT INTO meta VALUES (?, ?)", values)
                db.execute("COMMIT")
            finally:
                db.close()
            _link(part, folder / NAME)
        except (sqlite3.Error, OSError) as error:
            raise DedupeError(f"cannot make an index in {folder}: {error}; is the folder writable?") from error
        finally:
            for left in folder.glob(f"{part.name}*"):
                left.unlink(missing_ok=True)

    def settings(self) -> dict[str, Any]:
        """The settings that the index was made with."""
        with self._explained():
            row = self._db.execute("SELECT value FROM meta WHERE key = 'settings'").fetchone()
        if row is None:
            raise IndexDamaged(f"{self.path} holds no settings{_WAY_OUT}")
        settings: dict[str, Any] = json.loads(row[0])
        return settings

    def version(self) -> int:
        """A number that changes when another connection commits."""
        with self._explained():
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def entries(self) -> list[SegmentEntry]:
        """The segments of the index as of now, in the order in which they were made."""
        with self._explained():
            rows = self._db.execute("SELECT name, kind, level, bytes, counts FROM segments").fetchall()
        return sorted((SegmentEntry(*row) for row in rows), key=lambda entry: number_of(entry.name))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the write lock; commit at the end, undo everything on an error.

        Raises:
            IndexLocked: Another writer held it longer than the timeout.
            DedupeError: The disk is full, or the folder is read-only.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise IndexLocked(
                    f"{self.path.parent} is being written by another process for more than {self.timeout:g} s; "
                    "call again later, or open the index with a longer timeout="
                ) from error
            raise self._cannot_write(error) from error
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(f"{self.path} is damaged: {error}{_WAY_OUT}") from error
        try:
            yield
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise self._cannot_write(error) from error
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def next_name(self, kind: str) -> str:
        """Take a file name that was never used; only while writing."""
        number = int(self._db.execute("SELECT value FROM meta WHERE key = 'next_file'").fetchone()[0])
        self._db.execute("UPDATE meta SET value = ? WHERE key = 'next_file'", (str(number + 1),))
        return f"{kind}-{number:010d}.seg"

    def add(self, entry: SegmentEntry) -> None:
        """Make a segment part of the index; only while writing."""
        self._db.execute("INSERT INTO segments VALUES (?, ?, ?, ?, ?)", entry)

    def drop(self, names: list[str]) -> None:
        """Take segments out of the index; only while writing."""
        self._db.executemany("DELETE FROM segments WHERE name = ?", [(name,) for name in names])

    def problems(self) -> list[str]:
        """What SQLite's own check finds."""
        try:
            rows = [row[0] for row in self._db.execute("PRAGMA integrity_check")]
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return [] if rows == ["ok"] else rows

    def inconsistencies(self) -> list[str]:
        """What is wrong with the values, though the file is whole."""
        meta = dict(self._db.execute("SELECT key, value FROM meta").fetchall())
        wrong = []
        if meta.get("settings_check") != str(zlib.crc32(meta.get("settings", "").encode())):
            wrong.append("the checksum of the settings does not fit")
        used = max((number_of(entry.name) for entry in self.entries()), default=0)
        if not meta.get("next_file", "").isdigit() or int(meta["next_file"]) <= used:
            wrong.append(f"the next file would be number {meta.get('next_file')}, but {used} is taken")
        return wrong

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(f"{self.path} is damaged: {error}{_WAY_OUT}") from error

    def _cannot_write(self, error: sqlite3.Error) -> DedupeError:
        return DedupeError(
            f"cannot write {self.path}: {error}; nothing was changed. Make room or allow writing there, and call again"
        )


def number_of(name: str) -> int:
    """The running number in a file name."""
    return int(name.rpartition("-")[2].partition(".")[0])


def _connect(path: Path, timeout: float, readonly: bool) -> sqlite3.Connection:
    mode = "ro" if readonly else "rw"
    if readonly and not os.access(path.parent, os.W_OK) and not path.with_name(f"{NAME}-wal").exists():
        mode += "&immutable=1"  # on a read-only medium SQLite cannot make the files that readers and writers share
    where = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        db = sqlite3.connect(where, uri=True, isolation_level=None, timeout=timeout, check_same_thread=False)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        raise DedupeError(f"cannot open {path}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise IndexDamaged(f"{path} is damaged: {error}{_WAY_OUT}") from error
    return db


_WAY_OUT = "; `dedupe index repair` makes a new one from the other files"


def _link(part: Path, target: Path) -> None:
    """Give a whole file its name, unless another process was first."""
    try:
        os.link(part, target)
    except FileExistsError:
        pass
    except OSError:  # no hard links here
        if not target.exists():
            part.replace(target)
