"""Which files go in, and what each is called on the way out."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dedupe.errors import InputError
from dedupe.inputs.formats import FORMATS, format_of
from dedupe.inputs.formats.remote import is_url
from dedupe.inputs.formats.streams import BLOCK, reading

STDIN = "-"


@dataclass(frozen=True)
class Source:
    """A file that goes in.

    Attributes:
        path: Where it is: a local path or a URL.
        name: Its path below the output folder.
        kind: Its format.
        size_bytes: Its size, packed as it is; 0 when that is not known.
        modified_ns: When it was last changed; 0 for a URL.
    """

    path: str
    name: str
    kind: str
    size_bytes: int
    modified_ns: int

    def check_unchanged(self) -> None:
        """Raise an InputError if the file is another than at the start of the run."""
        if is_url(self.path):
            return
        now = os.stat(self.path)
        if (now.st_size, now.st_mtime_ns) != (self.size_bytes, self.modified_ns):
            raise InputError(
                f"{self.path} was changed while it was read ({self.size_bytes} bytes before, {now.st_size} now); "
                "run again when nothing writes to it"
            )

    def digest(self) -> str:
        """SHA-256 of the bytes, packed as they are; ``unreadable`` of a file that the run will stop at, or pass over."""
        total = hashlib.sha256()
        try:
            with reading(self.path) as file:
                while data := file.read(BLOCK):
                    total.update(data)
        except OSError:
            return "unreadable"
        return total.hexdigest()


def collect_sources(inputs: Sequence[str], kind: str | None, work: Path) -> list[Source]:
    """Expand files, folders, patterns, URLs and standard input into sources, as given; folders and patterns are sorted.

    Raises:
        InputError: Nothing is there, a file is given twice, or a format cannot be told from a name.
    """
    if not inputs:
        raise InputError("no input was given; name files or folders, or '-' for standard input")
    format_of("", kind)  # refuses an unknown format before standard input is read
    named = [path_and_name for given in inputs for path_and_name in _expanded(given, kind, work)]
    if not named:
        raise InputError(f"there is no file in {', '.join(inputs)}")
    real = Counter(path if is_url(path) else os.path.realpath(path) for path, _ in named)
    repeated, count = real.most_common(1)[0]
    if count > 1:
        raise InputError(f"{repeated} is among the inputs twice; leave one out")
    return [_source(path, name, kind) for path, name in _with_distinct_names(named)]


def _expanded(given: str, kind: str | None, work: Path) -> list[tuple[str, str]]:
    """The files that an input stands for: path and name of each."""
    if given == STDIN:
        path = spool(work, kind or "jsonl")
        return [(str(path), path.name)]
    if is_url(given):
        return [(given, given.rstrip("/").split("?")[0].rsplit("/", 1)[-1])]
    if Path(given).is_dir():
        return [(str(path), path.relative_to(given).as_posix()) for path in _data_files(Path(given))]
    if Path(given).exists():
        return [(given, Path(given).name)]
    matching = [path for path in sorted(glob.glob(given, recursive=True)) if Path(path).is_file()]
    if not matching:
        raise InputError(f"{given} does not exist")
    return [(path, Path(path).name) for path in matching]


def _source(path: str, name: str, kind: str | None) -> Source:
    format = format_of(name, kind)
    if format is None:
        known = " ".join(ending for endings in FORMATS.values() for ending in endings)
        raise InputError(f"the format of {path} cannot be told from its name (known: {known}); give it by format")
    if is_url(path):
        return Source(path, name, format, 0, 0)
    state = os.stat(path)
    return Source(path, name, format, state.st_size, state.st_mtime_ns)


def _data_files(folder: Path) -> Iterable[Path]:
    """The data files below a folder: not hidden, no report folder, no notes of a saved data set."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(part.startswith((".", "_")) for part in parts) or not path.is_file():
            continue
        if path.name in NOTES or (path.name.startswith("cache-") and (path.parent / "state.json").exists()):
            continue
        yield path


NOTES = ("state.json", "dataset_info.json", "dataset_dict.json")


def _with_distinct_names(named: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give files of one name the part of their paths that tells them apart."""
    count = Counter(name for _, name in named)
    if max(count.values()) == 1:
        return named
    local = [os.path.abspath(path) if not is_url(path) else path.split("://", 1)[1] for path, _ in named]
    top = os.path.commonpath([os.path.dirname(path) for path in local]) if not _mixed(local) else ""
    renamed = [
        (path, os.path.relpath(full, top or "/").lstrip("/")) for (path, _), full in zip(named, local, strict=True)
    ]
    if max(Counter(name for _, name in renamed).values()) > 1 or any(".." in name.split("/") for _, name in renamed):
        raise InputError(f"two inputs are called {count.most_common(1)[0][0]}; write them in separate runs")
    return renamed


def _mixed(paths: list[str]) -> bool:
    return len({path.startswith("/") for path in paths}) > 1


def spool(work: Path, kind: str) -> Path:
    """Write standard input to a work file, so that it can be read twice; an earlier copy is used again."""
    path = work / f"stdin{FORMATS[kind][0]}"
    if not path.exists():
        part = path.with_name(path.name + ".part")
        with part.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, BLOCK)
        part.replace(path)
    return path
