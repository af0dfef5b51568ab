"""Figures that must not fall: quality and deterministic counts beside a baseline, never wall time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dedupe
from benchmarks import corpora, data, quality
from dedupe.verbs.evaluate import evaluate
from dedupe.verbs.plant import plant

QUALITY_MARGIN = 0.01  # a share may fall by this much
COUNT_MARGIN = 0.05  # a count of work may grow by this share


def measure() -> dict[str, float]:
    """All figures that can be had on this machine; those of missing sets are left out."""
    figures: dict[str, float] = {}
    made = list(corpora.made_texts(3000, words=40))
    articles = [part for text in data.seeds() for part in text.split("\n\n")]
    planted = plant(made, rate=1.0).texts
    for lose, also in (("words", ""), ("short", "/short")):
        for name, texts in (("made", made), ("articles", articles)):
            result = evaluate(texts, rate=1.0, lose=lose)
            figures[f"quality/{name}{also}/recall"] = result.recall
            figures[f"quality/{name}{also}/recall_at_threshold"] = result.recall_at_threshold or 0.0
            figures[f"quality/{name}{also}/precision"] = result.precision or 0.0
        stats = dedupe.find(planted, lose=lose).stats
        for count in ("candidates", "compared"):
            figures[f"count/made{also}/{count}"] = float(stats[count])
    for name in ("licenses", "doc-versions", "planted-pairs"):
        try:
            found = data.LABELLED[name]()
        except data.MissingData:
            continue
        for label in ("jaccard", "weighted"):
            figures[f"quality/{name}/{label}/f1"] = quality.ours(found, measure=label).f1
        stats = dedupe.find(found.texts).stats
        for count in ("candidates", "compared"):
            figures[f"count/{name}/{count}"] = float(stats[count])
    return {name: round(value, 4) for name, value in sorted(figures.items())}


def compare(figures: dict[str, float], baseline: dict[str, Any]) -> list[str]:
    """Say which figures are worse than the baseline allows.

    Figures of sets that are missing on this machine are not compared.

    Args:
        figures: Name to value, as `measure` gives them.
        baseline: The same, of an earlier run.

    Returns:
        A line per figure that fell; empty when none did.
    """
    worse = []
    for name, before in baseline.items():
        now = figures.get(name)
        if now is None:
            continue
        if name.startswith("quality/") and now < before - QUALITY_MARGIN:
            worse.append(f"{name}: {now:.4f}, was {before:.4f}; it may fall by {QUALITY_MARGIN}")
        if name.startswith("count/") and now > before * (1 + COUNT_MARGIN):
            worse.append(f"{name}: {now:.0f}, was {before:.0f}; it may grow by {COUNT_MARGIN:.0%}")
    return worse


def check(path: Path) -> int:
    """Compare with a baseline file, or write it when it is not there; the exit code."""
    figures = measure()
    for name, value in figures.items():
        print(f"{name:<48}{value:g}")
    if not path.exists():
        path.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
        print(f"{path} written")
        return 0
    worse = compare(figures, json.loads(path.read_text("utf-8")))
    print("\n".join(worse) or f"nothing fell below {path}")
    return 1 if worse else 0
