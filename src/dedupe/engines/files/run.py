"""One run, from what it is given to what it did."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from dedupe.engines.files.job import Job
from dedupe.engines.files.output.paths import OutputPaths, check_empty, check_same_format, choose_paths
from dedupe.engines.files.output.removed_list import check_format
from dedupe.engines.files.progress import Progress
from dedupe.engines.files.reading.sources import collect_sources
from dedupe.engines.files.stages import Stages
from dedupe.engines.files.summary import CorpusSummary
from dedupe.engines.index.storage.opening import index_folder
from dedupe.errors import DedupeError, LossError, OptionError
from dedupe.inputs.formats.remote import is_url
from dedupe.inputs.sizes import size_bytes
from dedupe.matching.recipe import Recipe
from dedupe.options import Options

KEYWORDS = ("text", "id", "memory", "progress", "resume", "options")  # of unique_files, beside the fields of Job


def unique_files(
    inputs: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    text: str = "text",
    id: str | None = None,
    memory: int | str = "2GB",
    progress: bool | str = False,
    resume: bool = False,
    options: Options | None = None,
    **settings: Any,
) -> CorpusSummary:
    """Keep one of each group of near-duplicates in files of any size, and write the same files without the others.

    ``clean_files`` is the same under its former name: nothing is cleaned inside itself unless `inside` says so.

    Args:
        inputs: Files, folders, patterns such as ``"data/*.jsonl"``, or URLs; ``"-"`` is standard input.
        output: Folder of the cleaned files; a file when one file goes in; ``"-"`` is standard output.
        text: Column of the text.
        id: Column that identifies a document; without it, file and row do.
        memory: Bound on the memory of the process, such as ``"2GB"`` or a number of bytes.
        progress: Tell how far the run is, on standard error: True or ``"bar"``, or ``"json"``.
        resume: Go on with a run that was interrupted; inputs and settings must be the same.
        options: How blocks are matched, instead of keywords.
        **settings: The fields of :class:`dedupe.Options` and of :class:`dedupe.engines.files.job.Job` (format, inside,
            min_documents, empty, on_error, max_loss, against, mark, source, removed_format). The unit is ``document`` unless said otherwise; parts of
            documents are compared as :func:`dedupe.clean` does, with `threshold` 0.8 and `min_words` 8, and those
            with fewer words stay.

    Returns:
        What the run did.

    Raises:
        InputError: An input cannot be read, or the output would overwrite something.
        LossError: More words would go than `max_loss` allows; nothing was written.
        OptionError: A setting breaks its rule.
        DedupeError: A library for a format is missing; names the extra.
        OSError: The disk is full, or a place cannot be written; what is done is kept for `resume`.
    """
    given = [inputs] if isinstance(inputs, str | os.PathLike) else list(inputs)
    job = make_job(text=text, id=id, memory=memory, options=options, settings=settings)
    style = "bar" if progress is True else progress or None
    if style not in (None, "bar", "json"):
        raise OptionError(f"progress must be True, False, 'bar' or 'json', got {progress!r}")
    names = [os.fspath(path) for path in given]
    return run(names, output, job, Progress(style), resume=resume)


clean_files = unique_files


def make_job(*, text: str, id: str | None, memory: int | str, options: Options | None, settings: dict[str, Any]) -> Job:
    """Sort keywords into those about matching and those about the run.

    Raises:
        OptionError: One is unknown or breaks its rule.
    """
    own = tuple(field.name for field in fields(Job) if field.name not in ("recipe", "text", "id", "memory_bytes"))
    of_run = {name: value for name, value in settings.items() if name in own}
    of_matching = {name: value for name, value in settings.items() if name not in own}
    if of_run.get("against") is not None:
        of_run["against"] = str(index_folder(of_run["against"]))
    recipe = Recipe.of("files", options, of_matching, (*KEYWORDS, *own))
    return Job(recipe, text=text, id=id, memory_bytes=size_bytes(memory, "memory"), **of_run)


def run(
    inputs: Sequence[str], output: str | os.PathLike[str], job: Job, progress: Progress, *, resume: bool = False
) -> CorpusSummary:
    """Do a job from its inputs to its summary; see :func:`unique_files`."""
    check_format(job)
    paths = choose_paths(inputs, output)
    if not resume:
        check_empty(paths)
        shutil.rmtree(paths.staged or paths.work, ignore_errors=True)
    paths.work.mkdir(parents=True, exist_ok=True)
    try:
        sources = collect_sources(inputs, job.format, paths.work)
        if paths.one_file:
            check_same_format(sources[0], paths.output)
        folders = [Path(given) for given in inputs if not is_url(given) and Path(given).is_dir()]
        return Stages(sources, folders, job, paths, progress, resume=resume).do()
    except (DedupeError, OSError) as error:
        if not resume:
            _tidy(paths, error)
        raise
    finally:
        progress.close()


def _tidy(paths: OutputPaths, error: Exception) -> None:
    """After an error that a rerun would meet again, leave no trace of a run that has written nothing."""
    keeps = isinstance(error, LossError | OSError)
    if paths.output is None:
        shutil.rmtree(paths.report_folder, ignore_errors=True)
    elif paths.staged is not None:
        if not keeps:
            shutil.rmtree(paths.staged, ignore_errors=True)
    elif not keeps and not (paths.work / "written").exists():
        shutil.rmtree(paths.report_folder, ignore_errors=True)
        if not paths.one_file and paths.output.is_dir() and not any(paths.output.iterdir()):
            paths.output.rmdir()
