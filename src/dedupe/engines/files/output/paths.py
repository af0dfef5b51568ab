"""Where a run writes: the output, the report and the removed list, the work files."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dedupe.engines.files.job import Job
from dedupe.engines.files.reading.sources import STDIN, Source
from dedupe.errors import InputError
from dedupe.inputs.formats import format_of
from dedupe.inputs.formats.remote import file_system, first_entry, is_url
from dedupe.inputs.formats.streams import compression

REPORT_FOLDER = "_dedupe"  # a name with an underscore: loaders of data sets pass over it


@dataclass(frozen=True)
class OutputPaths:
    """Where a run writes.

    Attributes:
        output: Folder of the cleaned files, or the one file, or None for standard output.
        report_folder: Folder of the removed list, the report and the work files.
        one_file: `output` is a file.
        url: Where the files are uploaded at the end; None when `output` is their place.
        staged: The local folder of an output at a URL.
    """

    output: Path | None
    report_folder: Path
    one_file: bool = False
    url: str | None = None
    staged: Path | None = None

    @property
    def work(self) -> Path:
        """Work files; deleted when a run succeeds."""
        return self.report_folder / "work"

    def removed_list(self, job: Job) -> Path:
        """The removed list."""
        return self.report_folder / f"removed.{job.removed_format}"

    def of_source(self, source: Source) -> Path:
        """The cleaned copy of a source."""
        if self.output is None:
            return self.work / "out" / source.name
        return self.output if self.one_file else self.output / source.name

    def public_name(self, path: Path) -> str:
        """What the summary calls a file: its path, or its URL."""
        if self.url is None or self.staged is None:
            return str(path)
        inside = path.relative_to(self.staged).as_posix()
        return self.url if inside == "." else f"{self.url}/{inside}"


def choose_paths(inputs: Sequence[str], output: str | os.PathLike[str]) -> OutputPaths:
    """Decide where a run writes, and refuse paths that would mix input and output.

    Raises:
        InputError: The output is, or lies inside, an input folder, or is an input file.
    """
    if str(output) == STDIN:
        return OutputPaths(None, Path(tempfile.mkdtemp(prefix="dedupe-")))
    if is_url(str(output)):
        return _remote(inputs, str(output))
    path = Path(output)
    for given in inputs:
        if given == STDIN or is_url(given):
            continue
        inner, outer = path.resolve(), Path(given).resolve()
        if inner == outer or outer in inner.parents:
            raise InputError(f"the output {path} lies inside the input {given}; choose a folder outside of it")
    if not path.is_dir() and _is_one_file(inputs, path.name):
        return OutputPaths(path, path.with_name(path.name + REPORT_FOLDER), one_file=True)
    return OutputPaths(path, path / REPORT_FOLDER)


def _is_one_file(inputs: Sequence[str], name: str) -> bool:
    if len(inputs) != 1 or format_of(name) is None:
        return False
    return inputs[0] == STDIN or is_url(inputs[0]) or Path(inputs[0]).is_file()  # a folder or a pattern may be many


def _remote(inputs: Sequence[str], url: str) -> OutputPaths:
    file_system(url)  # names a missing library before any work is done
    if url.rstrip("/") in [given.rstrip("/") for given in inputs] or any(
        is_url(given) and url.startswith(given.rstrip("/") + "/") for given in inputs
    ):
        raise InputError(f"the output {url} lies inside an input; choose another place")
    folder = staging(url)
    above, _, name = url.rstrip("/").rpartition("/")
    if _is_one_file(inputs, name):
        report_folder = folder / (name + REPORT_FOLDER)
        return OutputPaths(folder / name, report_folder, one_file=True, url=above, staged=folder)
    return OutputPaths(folder, folder / REPORT_FOLDER, url=url.rstrip("/"), staged=folder)


def staging(url: str) -> Path:
    """The local folder of a run whose output is at a URL; a run that resumes gets the same one."""
    digest = hashlib.sha256(url.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"dedupe-{digest}"


def check_empty(paths: OutputPaths) -> None:
    """Raise an InputError when the output holds something that a run could overwrite."""
    if paths.output is None:
        return
    if paths.url is not None:
        url = f"{paths.url}/{paths.output.name}" if paths.one_file else paths.url
        entry = first_entry(url)
        if entry is not None:
            raise InputError(f"the output {url} is not empty ({entry} is there); choose another place, or empty it")
        return
    if paths.one_file:
        taken = [path for path in (paths.output, paths.report_folder) if path.exists()]
    else:
        taken = list(paths.output.iterdir())[:1] if paths.output.is_dir() else []
        taken += [paths.output] if paths.output.exists() and not paths.output.is_dir() else []
    if taken:
        raise InputError(
            f"the output {paths.output} is not empty ({taken[0].name} is there); choose another place, "
            "empty it, or resume an interrupted run (resume=True, --resume)"
        )


def check_same_format(source: Source, output: Path | None) -> None:
    """Raise an InputError when the name of an output file promises another format than the input has."""
    name = output.name if output else ""
    if (format_of(name), compression(name)) != (source.kind, compression(source.path)):
        raise InputError(
            f"{name} is to have another format than {source.name}, and formats are kept; give it the same ending, or "
            "name a folder"
        )
