"""Time and memory against the number of blocks and the share of duplicates."""

from __future__ import annotations

import math
import tempfile

import numpy as np

from benchmarks.corpora import made_texts
from benchmarks.isolate import Corpus, run
from benchmarks.peers import Settings
from benchmarks.report import Table
from dedupe.verbs.plant import plant

_WORDS = 30


def _texts(count: int, rate: float) -> list[str]:
    originals = max(2, round(count / (1 + rate)))
    texts = list(made_texts(originals, words=_WORDS))
    return plant(texts, rate=rate).texts[:count] if rate else texts


def table(largest: int) -> Table:
    """Blocks from 1,000 up to `largest`, a tenth of them planted copies."""
    made = Table(
        "growth",
        "Growth with the number of blocks",
        "longer blocks, and text with other frequencies of words: these are made of Zipf-distributed words.",
        {"words per block": _WORDS, "planted": "0.1 copies per block", "seed": 1, "repeats": "best of 3, 1 from 1e6 on"},
        ["blocks", "MB of text", "s", "blocks/s", "peak MB beyond the texts", "bytes/block", "candidates", "compared",
         "duplicates"],
        plot={"x": "blocks", "y": "seconds", "log": "xy", "series": {"ours": []}},
    )  # fmt: skip
    points = []
    for power in np.arange(3, math.log10(largest) + 0.01, 0.5).tolist():
        count = round(10**power)
        with tempfile.TemporaryDirectory() as folder:
            corpus = Corpus(_texts(count, 0.1), folder)
            tries = [
                run("ours", corpus, Settings(), time_limit_s=1200, memory_gb=22) for _ in range(1 if power >= 6 else 3)
            ]
        done = min(tries, key=lambda one: (bool(one.failure), one.elapsed_s))
        if done.failure:
            made.rows.append([count, corpus.megabytes, done.failure, *[None] * 6])
            break
        points.append([corpus.n_texts, done.elapsed_s])
        counts = done.result["counts"]
        made.rows.append([
            corpus.n_texts, corpus.megabytes, done.elapsed_s, int(corpus.n_texts / done.elapsed_s),
            done.peak_bytes / (1 << 20), int(done.peak_bytes / corpus.n_texts), counts.get("candidates"),
            counts.get("compared"), counts.get("duplicates"),
        ])  # fmt: skip
    if made.plot:
        made.plot["series"]["ours"] = points
    late = [point for point in points if point[0] >= 10_000]
    if len(late) >= 2:
        x, y = np.log(np.array(late)).T
        made.notes.append(f"fitted exponent from 10,000 blocks on: time grows as blocks^{np.polyfit(x, y, 1)[0]:.2f}")
    return made


def duplicates_share(count: int) -> Table:
    """The same number of blocks with more and more planted copies."""
    made = Table(
        "share",
        "Growth with the share of duplicates",
        "real duplicates, which come in larger groups.",
        {"blocks": count, "words per block": _WORDS, "seed": 1},
        ["planted share", "s", "peak MB beyond the texts", "compared", "duplicates", "capped"],
    )
    for share in (0.0, 0.1, 0.5, 0.9):
        with tempfile.TemporaryDirectory() as folder:
            done = run("ours", Corpus(_texts(count, share / (1 - share)), folder), Settings())
        counts = done.result.get("counts", {})
        made.rows.append([
            share, done.failure or done.elapsed_s, done.peak_bytes / (1 << 20), counts.get("compared"),
            counts.get("duplicates"), counts.get("capped"),
        ])  # fmt: skip
    return made
