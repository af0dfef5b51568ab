"""Time and memory from raw text to survivors: ours and peers, in turn, each in a process of its own."""

from __future__ import annotations

import sys
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks import corpora
from benchmarks.data import MissingData
from benchmarks.isolate import Corpus, Run, run
from benchmarks.peers import PEERS, Settings
from benchmarks.report import Table, median, spread

_NOT_SHOWN = (
    "machines with more processors, and collections that do not fit into memory. "
    "Peers that check nothing on the text are timed for less work; their survivors are not the same. "
    "Interpreter start and imports are left out for all. CPU seconds count all threads, and hold on a busy machine."
)


def tables(
    megabytes: float, *, names: list[str], peers: list[str], repeats: int, settings: Settings, limit_s: float
) -> list[Table]:
    """Measure each corpus with each peer.

    Args:
        megabytes: Size of each corpus.
        names: Corpora.
        peers: Names in PEERS; "ours" is run before and after every other.
        repeats: Rounds; the peers take turns inside a round.
        settings: What is asked of each.
        limit_s: Time after which a process is stopped.
    """
    table = Table(
        "speed",
        "Speed: from raw text to survivors",
        _NOT_SHOWN,
        {"megabytes": megabytes, "repeats": repeats, "threshold": settings.threshold, "width": settings.width,
         "seed": 1, "stopped after s": limit_s},
        ["corpus", "texts", "who", "source", "median s", "spread s", "CPU s", "MB/s", "texts/s", "peak MB", "kept",
         "ours is faster ×", "× by CPU", "checked on"],
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            try:
                corpus = Corpus(corpora.CORPORA[name](megabytes), folder)
            except MissingData as missing:
                table.notes.append(f"{name}: skipped, {missing}")
                continue
            print(f"speed: {name}, {corpus.n_texts} texts", file=sys.stderr)
            rows = _corpus_rows(name, corpus, peers, repeats, settings, limit_s)
            table.rows += rows
            table.ahead += [
                f"{row[2]} on {name}, {row[4]:.2f} s against {row[4] / row[11]:.2f} s (it checks {row[13]})"
                for row in rows
                if row[11] is not None and row[11] < 1 and row[2] != "ours"
            ]
            corpus.path.unlink()
    table.notes += [f"{name} {PEERS[name].version}: {PEERS[name].note}" for name in peers]
    return [table]


def _corpus_rows(
    name: str, corpus: Corpus, peers: list[str], repeats: int, settings: Settings, limit_s: float
) -> list[list[Any]]:
    jobs = [(peer, False) for peer in peers] + [("ours", True)]
    runs: dict[tuple[str, bool], list[Run]] = {job: [] for job in jobs}
    for _ in range(repeats):
        for job in jobs:
            if not any(done.failure for done in runs[job]):
                runs[job].append(run(job[0], corpus, settings, from_disk=job[1], time_limit_s=limit_s))
    own = [done for done in runs["ours", False] if not done.failure]
    ours, own_cpu = median([done.elapsed_s for done in own]), median([done.result["cpu_s"] for done in own])
    rows = []
    for (peer, from_disk), done in runs.items():
        good = [one for one in done if not one.failure]
        took, cpu = median([one.elapsed_s for one in good]), median([one.result["cpu_s"] for one in good])
        failure = next((one.failure for one in done if one.failure), "")
        rows.append([
            name, corpus.n_texts, peer, "JSONL on disk" if from_disk else "str in memory",
            failure or took, spread([one.elapsed_s for one in good]), cpu,
            corpus.megabytes / took if good else None, int(corpus.n_texts / took) if good else None,
            round(median([one.peak_bytes for one in good]) / (1 << 20), 1) if good else None,
            good[0].result["kept"] if good else None, took / ours if good else None,
            cpu / own_cpu if good else None, PEERS[peer].verifies,
        ])  # fmt: skip
    return sorted(rows, key=lambda row: (isinstance(row[4], str), row[4] if isinstance(row[4], float) else 0.0))


def stages(megabytes: float, settings: Settings, repeats: int) -> Table:
    """Where our own time goes, on paragraphs, by calling the stages one after another in this process."""
    from dedupe.core import bands, pairs, sketch
    from dedupe.core.clustering import survivors
    from dedupe.core.text.batch import encode
    from dedupe.core.text.blocks import split

    table = Table(
        "stages",
        "Speed: our stages",
        "threads side by side: the stages run one after another here, on one thread; words, shingles, signatures and "
        "keys are one compiled pass and are timed as one.",
        {"corpus": "paragraphs", "megabytes": megabytes, "repeats": repeats, "threads": 1},
        ["stage", "median s", "spread s", "MB/s", "made"],
    )
    try:
        texts = corpora.CORPORA["paragraphs"](megabytes)
    except MissingData as missing:
        table.notes.append(str(missing))
        texts = list(corpora.made_texts(int(megabytes * 3000)))
    plan = bands.plan(settings.threshold, 0.99)
    took: dict[str, list[float]] = {}
    made: dict[str, int] = {}

    def timed(name: str, count: Any, begin: float) -> float:
        took.setdefault(name, []).append(time.perf_counter() - begin)
        made[name] = int(count)
        return time.perf_counter()

    for _ in range(repeats):
        at = time.perf_counter()
        batch = encode(texts)
        at = timed("text to one buffer", batch.buffer.size, at)
        blocks = split(batch, "document")
        at = timed("blocks", blocks.starts.size, at)
        found = sketch.sketch(
            batch.buffer, blocks.starts, blocks.ends, width_words=settings.width, plan=plan, threads=1
        )
        at = timed("words, shingles, signatures, keys", found.n_words.sum(), at)
        head = pairs.groups(found.text_hashes, None, np.arange(blocks.starts.size))
        heads = np.flatnonzero((head == np.arange(head.size)) & (found.n_words > 0))
        at = timed("groups of equal words", heads.size, at)
        shared, buckets = pairs.buckets(found.keys[heads])
        at = timed("buckets", buckets.ids.size, at)
        near = heads[shared]
        sets = sketch.shingle_sets(
            batch.buffer, blocks.starts[near], blocks.ends[near], width_words=settings.width, threads=1
        )
        at = timed("shingle sets of candidates", sets.hashes.size, at)
        walked = survivors.walk(sets, buckets, threshold=settings.threshold)
        timed("similarity and survivors", walked.n_compared, at)
    size = batch.buffer.size / (1 << 20)
    table.rows = [
        [name, median(times), spread(times), size / max(median(times), 1e-9), made[name]]
        for name, times in took.items()
    ]
    return table
