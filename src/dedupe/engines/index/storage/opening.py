"""Where an index may lie, making its folder, and opening it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dedupe.engines.index.storage.catalogue import NAME, Catalogue, SegmentEntry
from dedupe.engines.index.storage.folder import Folder
from dedupe.engines.index.storage.rules import Rules, plain, rules_of
from dedupe.engines.index.storage.view import View
from dedupe.errors import DedupeError, InputError
from dedupe.inputs.texts import shortened

# file systems on which locks and shared memory do not hold between machines
_NETWORK = ("nfs", "cifs", "smb", "afs", "9p", "ceph", "lustre", "gluster", "sshfs", "davfs", "s3fs", "gcsfuse")
_parents: list[Catalogue] = []  # connections of the process before a fork: never used, never closed here


def index_folder(against: object) -> Path:
    """The folder of an index that is given as `against`: the index itself, or a path.

    Raises:
        InputError: It is neither, or no index is there.
    """
    path = getattr(against, "path", against)
    if isinstance(path, str | os.PathLike) and (Path(path) / NAME).exists():
        return Path(path)
    raise InputError(
        f"against is {shortened(against)}, which is no folder of an index; give dedupe.Index(path) or its path, or, in "
        "find and unique, a collection of texts, as in against=[text]"
    )


def check_local_disk(path: Path) -> None:
    """Refuse network disks.

    Raises:
        DedupeError: The folder is, or would be, on one.
    """
    kind = file_system(path)
    if any(name in kind for name in _NETWORK):
        raise DedupeError(
            f"{path} is on a network disk ({kind}), where locks and memory-mapping do not hold between machines; "
            "keep the index on a local disk, and copy the folder when nobody writes"
        )


def file_system(path: Path) -> str:
    """Kind of the file system that a path is on; empty where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return ""
    try:
        lines = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return ""
    where = str(path.absolute())
    best = ("", "")
    for line in lines:
        _, mount, kind, *_ = line.split(" ")
        mount = mount.replace("\\040", " ")
        if len(mount) >= len(best[0]) and (where + "/").startswith(mount.rstrip("/") + "/"):
            best = (mount, kind)
    return best[1]


def check_creatable(path: Path, *, readonly: bool) -> None:
    """Refuse to make an index where something else is.

    Raises:
        DedupeError: The folder holds something else, or there is no index and none is to be made.
    """
    if path.exists() and not path.is_dir():
        raise DedupeError(f"{path} is a file, not the folder of an index")
    names = [entry.name for entry in path.iterdir()] if path.is_dir() else []
    if (path / NAME).exists():  # another process has made it meanwhile
        return
    if any(name.endswith(".seg") for name in names):
        raise DedupeError(f"{path} has segments but no catalogue; `dedupe index repair` makes a new one from them")
    # a catalogue may be on its way, under a name of its own
    if any(not name.lstrip(".").startswith(NAME) for name in names):
        raise DedupeError(f"{path} holds something else than an index; give a new or empty folder")
    if readonly:
        raise DedupeError(
            f"there is no index at {path}; one is made by `dedupe index add`, or when it is opened without readonly="
        )


def create_index(path: Path, rules: Rules) -> None:
    """Make the folder of an empty index.

    Raises:
        DedupeError: It cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DedupeError(f"cannot make the folder {path}: {error.strerror or error}") from error
    Catalogue.create(path, plain(rules))


def open_folder(
    path: Path,
    *,
    timeout: float = 10.0,
    readonly: bool = False,
    skip_damaged: bool = False,
    threads: int | None = None,
) -> Folder:
    """Open the index in a folder; its catalogue is to be closed.

    Raises:
        IndexDamaged: The catalogue cannot be read.
        DedupeError: It is of another version.
    """
    catalogue = Catalogue(path, timeout=timeout, readonly=readonly)
    rules = rules_of(path, catalogue.settings(), threads)
    return Folder(path, rules, catalogue, skip_damaged=skip_damaged)


class Handle:
    """An index as one process has it open: its threads take turns, and a fork opens the files anew."""

    def __init__(
        self, path: Path, *, timeout: float, readonly: bool, skip_damaged: bool, threads: int | None = None
    ) -> None:
        """Open the index at `path`, which is there.

        Raises:
            IndexDamaged: The catalogue cannot be read.
            DedupeError: It is of another version.
        """
        self.path, self._timeout, self._readonly = path, timeout, readonly
        self._skip_damaged, self._threads = skip_damaged, threads
        self._lock = threading.RLock()
        self._process = -1
        self._folder = self._opened()

    @property
    def rules(self) -> Rules:
        """What the index decides by."""
        return self._folder.rules

    def view(self) -> View:
        """The state of the last commit."""
        with self._lock:
            return self._here().view()

    def entries(self) -> list[SegmentEntry]:
        """The segments of the last commit."""
        with self._lock:
            return self._here().catalogue.entries()

    def sweep(self) -> None:
        """Delete the segments that the last commit took out of the index."""
        with self._lock:
            self._here().sweep()

    @contextmanager
    def writing(self) -> Iterator[tuple[Folder, View]]:
        """Hold the write lock; what is written inside becomes one commit.

        Raises:
            InputError: The index is open for reading only.
            IndexLocked: Another writer did not finish in time.
        """
        if self._readonly:
            raise InputError(f"{self.path} is open for reading only; open it without readonly= and skip_damaged=")
        with self._lock:
            folder = self._here()
            with folder.writing() as view:
                yield folder, view

    def close(self) -> None:
        """Close the files; a later call opens them again."""
        with self._lock:
            if self._process == os.getpid():
                self._folder.catalogue.close()
                self._process = -1

    def _opened(self) -> Folder:
        self._process = os.getpid()
        return open_folder(
            self.path,
            timeout=self._timeout,
            readonly=self._readonly,
            skip_damaged=self._skip_damaged,
            threads=self._threads,
        )

    def _here(self) -> Folder:
        """The folder as opened by this process: SQLite connections do not survive a fork."""
        if self._process != os.getpid():
            if self._process != -1:
                _parents.append(self._folder.catalogue)
            self._folder = self._opened()
        return self._folder
