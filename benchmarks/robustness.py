"""Which edits of a copy are survived: planted copies by kind and strength, on the shipped articles and real text."""

from __future__ import annotations

from typing import Any

from benchmarks import corpora, data
from benchmarks.report import Table
from dedupe.verbs.evaluate import evaluate

_RATE = 4.0
SETTINGS: dict[str, dict[str, Any]] = {
    "jaccard": {"measure": "jaccard"},
    "containment": {"measure": "containment", "threshold": 0.8},
    "weighted": {"measure": "weighted"},
}


def table(megabytes: float) -> Table:
    """Plant copies of each kind and strength and count those that are put with their original."""
    made = Table(
        "robustness",
        "Robustness: copies found, by kind of edit and its strength",
        "edits that people make for other reasons than these; paraphrase; translation between languages.",
        {
            "seed": 1,
            "copies per text": _RATE,
            "jaccard": "defaults, from 0.7",
            "containment": "from 0.8",
            "weighted": "defaults, from 0.26",
        },
        ["edit", "strength", "copies", "median Jaccard", *SETTINGS],
    )
    texts = _texts(megabytes, made)
    results = {}
    for name, settings in SETTINGS.items():
        results[name] = evaluate(texts, rate=_RATE, **settings)
    for number, row in enumerate(results["jaccard"].kinds):
        shares = [results[n].kinds[number].found / row.planted for n in SETTINGS]
        made.rows.append([row.kind, row.strength, row.planted, row.similarity, *shares])
    whole = [results[name].recall for name in SETTINGS]
    made.rows.append(["all", None, results["jaccard"].planted, None, *whole])
    made.notes.append(
        "A copy counts when it shares a cluster with its original or a relative of it; beside one that matches the "
        "original but not the text that stays of it, it stays too, so a share can be below 1 at a high similarity."
    )
    made.notes += [
        f"{name}: {found.precision:.3f} of the copies put anywhere were put with a relative of their original"
        for name, found in results.items()
        if found.precision is not None
    ]
    return made


def _texts(megabytes: float, made: Table) -> list[str]:
    try:
        found = [text for text in corpora.CORPORA["documents"](megabytes) if len(text) < 20_000]
        made.settings["texts"] = f"{len(found)} documents of bulk-docs under 20 kB"
        return found
    except data.MissingData as missing:
        made.notes.append(str(missing))
        paragraphs = [part for text in data.seeds() for part in text.split("\n\n") if len(part.split()) > 20]
        made.settings["texts"] = f"{len(paragraphs)} paragraphs of the shipped articles"
        return paragraphs
