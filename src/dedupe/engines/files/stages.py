"""The stages of a run in order, each noted when it is finished, so that a run can resume."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dedupe.engines.files.disk.columns import give_back
from dedupe.engines.files.disk.manifest import Manifest
from dedupe.engines.files.disk.run_columns import Extent, RunColumns
from dedupe.engines.files.job import Job
from dedupe.engines.files.matching.against import open_index
from dedupe.engines.files.matching.candidates import find_buckets, find_copies, find_groups, find_same_id
from dedupe.engines.files.matching.compare import decide_groups, remove_groups
from dedupe.engines.files.matching.decide import join_links
from dedupe.engines.files.matching.fingerprint import read_texts
from dedupe.engines.files.matching.reread import spill_texts
from dedupe.engines.files.output.files import copy_notes, place_lists, print_files, write_files
from dedupe.engines.files.output.paths import OutputPaths
from dedupe.engines.files.output.removed_list import Names
from dedupe.engines.files.progress import Progress
from dedupe.engines.files.reading.sources import Source
from dedupe.engines.files.recall import measure_recall
from dedupe.engines.files.summary import (
    CorpusSummary,
    check_loss,
    count_losses,
    largest_clusters,
)
from dedupe.errors import InputError
from dedupe.inputs.durable import force, write_text
from dedupe.inputs.formats import read
from dedupe.inputs.formats.remote import upload
from dedupe.inputs.sizes import peak_memory_bytes
from dedupe.inputs.texts import Texts

_SAMPLE_FILES, _SAMPLE_TEXTS = 8, 250  # that recall is measured on


class Stages:
    """The stages of a run in order, and what it holds between them."""

    def __init__(
        self,
        sources: list[Source],
        folders: list[Path],
        job: Job,
        paths: OutputPaths,
        progress: Progress,
        *,
        resume: bool,
    ) -> None:
        """Start, or resume where the manifest says; `folders` are the inputs that are folders."""
        self.folders = folders
        self.sources, self.job, self.paths, self.progress = sources, job, paths, progress
        self.begin = time.monotonic()
        self.columns = RunColumns(paths.work, job.recipe.plan.n_bands)
        progress.stage("checking", 0)
        self.against = open_index(job)
        recipe = job.recipe if self.against is None else self.against.rules.recipe
        self.manifest = Manifest.start(
            paths.work / "manifest.json", job.plain(), self._inputs() if resume else [], recipe.secret, resume=resume
        )
        secret = self.manifest.notes["secret"]
        if self.against is not None and secret != recipe.secret:
            raise InputError(
                f"{job.against} is another index than the run began with; delete the output and start again"
            )
        self.job = replace(job, recipe=replace(job.recipe, secret=secret))
        self.spilled = int(self.manifest.notes.get("spilled_bytes", 0))

    def _inputs(self) -> list[dict[str, Any]]:
        """Name, size and content of each input."""
        with ThreadPoolExecutor(self.job.options.threads or os.cpu_count() or 1) as pool:
            digests = list(pool.map(Source.digest, self.sources))
        return [
            {"path": source.name, "size_bytes": source.size_bytes, "sha256": digest}
            for source, digest in zip(self.sources, digests, strict=True)
        ]

    def stage(self, name: str, work: Callable[[], Any]) -> Any:
        """Do a stage, unless it is finished, and note what it returns."""
        noted = self.manifest.done(name)
        if noted is None:
            noted = work()
            give_back()
            self.note_spills()
            force(self.paths.work.glob("*.bin"))
            self.manifest.finish(name, noted)
        return noted

    def note_spills(self) -> None:
        """Keep the greatest size of the work files."""
        columns = (
            entry
            for entry in os.scandir(self.paths.work)
            if entry.name.endswith((".bin", ".bytes", ".heads", ".postings"))
        )
        self.spilled = max(self.spilled, sum(entry.stat().st_size for entry in columns))
        self.manifest.notes["spilled_bytes"] = self.spilled

    def do(self) -> CorpusSummary:
        """All stages."""
        with ThreadPoolExecutor(1) as pool:  # the content is hashed while it is read, before anything is noted
            inputs = None if self.manifest.notes["inputs"] else pool.submit(self._inputs)

            def note() -> None:
                if not self.manifest.notes["inputs"] and inputs is not None:
                    self.manifest.notes["inputs"] = inputs.result()

            extents = read_texts(self.sources, self.job, self.columns, self.manifest, self.progress, note, self.against)
        give_back()
        self.note_spills()
        self.progress.stage("matching", 0)
        columns, job = self.columns, self.job
        if job.id is not None:
            self._check_ids(extents)
        self.stage("copies", lambda: find_copies(columns, job))
        self.stage("buckets", lambda: find_buckets(columns, job, self.against))
        walked = self.stage("compared", lambda: self._compare(extents))
        self.stage("joined", lambda: join_links(columns, job))
        origins = None if job.source is None else self.manifest.done("reading")["origins"]
        losses = self.stage("losses", lambda: count_losses(self.sources, extents, columns, origins))
        check_loss(job, losses)
        counts = write_files(self.sources, extents, job, columns, self.paths, self.manifest, self.progress)
        return self._finish(extents, walked, losses, counts)

    def _check_ids(self, extents: Sequence[Extent]) -> None:
        """Stop at an id that comes twice, or note it."""
        pair = self.stage("ids", lambda: find_same_id(self.columns, self.job) or [])
        if not pair:
            return
        first, second = Names(self.sources, extents, self.columns, self.job).of(np.array(pair, np.int64))
        problem = f"id {first['id']!r} comes twice: {first['file']} row {first['row']} and {second['file']} row {second['row']}"
        if self.job.on_error == "raise":
            raise InputError(
                f"{problem}; leave id out to name documents by file and row (on_error='skip' only notes it)"
            )
        self.manifest.done("reading")["problems"].append(
            {"file": second["file"], "row": second["row"] - 1, "problem": problem}
        )

    def _compare(self, extents: Sequence[Extent]) -> dict[str, int]:
        columns, job = self.columns, self.job
        for keys in columns.keys:  # not needed any more: room for the texts
            keys.remove()
        groups = find_groups(columns, job)
        spill_texts(self.sources, extents, job, columns, groups, self.progress)
        give_back()
        self.note_spills()
        walked = decide_groups(job, columns, groups, self.progress, self.against)
        lengths = self.manifest.done("reading")["lengths"]
        for column in (columns.known_names, columns.known_ends):  # a rerun cuts these two behind the new survivors
            lengths[column.path.name] = len(column)
        remove_groups(columns, groups)
        return walked._asdict()

    def _finish(
        self, extents: Sequence[Extent], walked: dict[str, int], losses: dict[str, Any], counts: dict[str, int]
    ) -> CorpusSummary:
        summary = self._summary(extents, walked, losses, counts)
        if self.paths.output is None:
            print_files(self.sources, self.paths)
            shutil.rmtree(self.paths.report_folder)
            return summary
        place_lists(self.job, self.paths)
        write_text(self.paths.report_folder / "report.json", json.dumps(summary.to_dict(), indent=2) + "\n")
        for folder in self.folders:
            copy_notes(folder, self.paths.output, json.dumps(self.job.plain()))
        if self.paths.url is not None and self.paths.staged is not None:
            self.progress.stage("uploading", 0)
            upload(self.paths.staged, self.paths.url, self.paths.work)
        # without the manifest, a rerun starts from the beginning rather than from columns that are half gone
        self.manifest.path.unlink()
        shutil.rmtree(self.paths.staged or self.paths.work)
        return summary

    def _summary(
        self, extents: Sequence[Extent], walked: dict[str, int], losses: dict[str, Any], counts: dict[str, int]
    ) -> CorpusSummary:
        reading = self.manifest.done("reading")
        recall, _ = measure_recall(self._sample(extents), self.job.recipe)
        clusters = largest_clusters(self.columns, self.job)
        rows = [int(self.columns.blocks.read(block, block + 1)["row"][0]) for block, _ in clusters]
        named = Names(self.sources, extents, self.columns, self.job)
        survivors = named.of(np.array(rows, np.int64))
        removed = {**losses["removed"], "inside": counts["inside_blocks"]}
        paths = self.paths
        removed_list = None if paths.output is None else paths.public_name(paths.removed_list(self.job))
        return CorpusSummary(
            documents_in=len(self.columns.rows),
            documents_out=counts["documents_out"],
            words_in=losses["words_in"],
            words_out=losses["words_out"],
            removed=removed,
            variants=walked["n_variants"],
            emptied=counts["emptied"],
            shortened=counts["shortened"],
            unreadable=reading["n_problems"],
            problems=reading["problems"],
            clusters=[
                {"survivor": survivor, "size": size, "cluster": block}
                for survivor, (block, size) in zip(survivors, clusters, strict=True)
            ],
            sources=losses["sources"],
            recall_promised=self.job.recipe.recall_promised,
            recall_measured=recall,
            capped=walked["n_capped"],
            compared=walked["n_compared"],
            elapsed_s=round(time.monotonic() - self.begin, 3),
            peak_memory_bytes=peak_memory_bytes(),
            spilled_bytes=self.spilled,
            settings=self.job.plain(),
            output="-" if paths.output is None else paths.public_name(paths.output),
            removed_list=removed_list,
        )

    def _sample(self, extents: Sequence[Extent]) -> list[str]:
        """Texts from the beginnings of up to eight files, spread over the run."""
        step = max(1, len(self.sources) // _SAMPLE_FILES)
        texts: list[str] = []
        for source, extent in zip(self.sources[::step], extents[::step], strict=True):
            if extent.n_blocks and len(texts) < _SAMPLE_TEXTS:
                chunk = next(read(source.path, source.kind, self.job.text, self.job.columns))
                n_rows = min(chunk.n_rows, extent.n_rows, _SAMPLE_TEXTS * step // len(self.sources) + 1)
                texts += Texts(chunk.texts(range(n_rows)).batch)
        return texts[:_SAMPLE_TEXTS]
