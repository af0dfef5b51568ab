"""An index as one process has it open: its threads take turns, and a fork opens the files anew."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dedupe.engines.index.storage.catalogue import Catalogue
from dedupe.engines.index.storage.files import Folder
from dedupe.engines.index.storage.rules import Rules, rules_of
from dedupe.engines.index.storage.view import View
from dedupe.errors import InputError

_parents: list[Catalogue] = []  # connections of the process before a fork: never used, never closed here


class Handle:
    """Gives the folder to one caller at a time, opened by the process that asks."""

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

    def folder(self) -> Folder:
        """The folder, to look at its files."""
        with self._lock:
            return self._here()

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
        catalogue = Catalogue(self.path, timeout=self._timeout, readonly=self._readonly)
        rules = rules_of(self.path, catalogue.settings(), self._threads)
        return Folder(self.path, rules, catalogue, skip_damaged=self._skip_damaged)

    def _here(self) -> Folder:
        """The folder as opened by this process: SQLite connections do not survive a fork."""
        if self._process != os.getpid():
            if self._process != -1:
                _parents.append(self._folder.catalogue)
            self._folder = self._opened()
        return self._folder
