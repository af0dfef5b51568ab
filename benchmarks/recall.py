"""Share of the true pairs that are found, per similarity, beside the planned curve; truth by brute force."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np

from benchmarks import corpora, data, truth
from benchmarks.isolate import Corpus, run
from benchmarks.peers import PEERS, Settings
from benchmarks.report import Table

BINS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)
_MIDDLES = [(low + high) / 2 for low, high in zip(BINS, (*BINS[1:], 1.0), strict=True)]
_NEED = 20  # pairs in a bin for a figure


def table(megabytes: float, peers: list[str], settings: Settings) -> Table:
    """Compare each peer's pairs with all true pairs on real text.

    Below the threshold ours reports nothing, as promised; the planned curve is for the pairs it compares.
    """
    made = Table(
        "recall",
        "Recall by exact Jaccard similarity (plot: verses)",
        "time; pairs that a peer reports beside the true ones (see the column for precision); semantic likeness. "
        f"A bin with fewer than {_NEED} true pairs is empty.",
        {"megabytes": megabytes, "threshold": settings.threshold, "width": settings.width, "seed": 1},
        ["corpus", "who", *(_bin(i) for i in range(len(BINS))), "at the threshold and above", "precision"],
        plot={"x": "exact Jaccard similarity", "y": "share found", "y_range": [0, 1], "series": {}},
    )
    for name in ("paragraphs", "licenses", "verses"):
        try:
            texts = _distinct(data.verses(20).texts if name == "verses" else corpora.CORPORA[name](megabytes))
        except data.MissingData as missing:
            made.notes.append(f"{name}: skipped, {missing}")
            continue
        _add(made, name, texts, peers, settings)
    made.notes.append("Equal texts are taken out first: every peer finds those.")
    made.notes += [f"{name} {PEERS[name].version}: {PEERS[name].note}" for name in peers]
    return made


def _distinct(texts: list[str]) -> list[str]:
    """Texts whose folded words differ, so that each true pair is a real near-duplicate."""
    return list({tuple(truth.words(text)): text for text in texts}.values())


def _add(made: Table, name: str, texts: list[str], peers: list[str], settings: Settings) -> None:
    exact = truth.exact(texts, settings.width)
    codes = exact.left * len(texts) + exact.right
    at = exact.jaccard >= settings.threshold
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus(texts, folder)
        for peer in peers:
            done = run(peer, corpus, settings._replace(wants_pairs=True))
            if done.failure or done.outcome is None or "samples" in peer:
                made.notes.append(f"{name}, {peer}: {done.failure or 'reports no pairs'}")
                continue
            reported = done.outcome.left * len(texts) + done.outcome.right
            hit = np.isin(codes, reported)
            shares = [_share(hit, exact.jaccard, i) for i in range(len(BINS))]
            right = float(np.isin(reported, codes[at]).mean()) if reported.size else float("nan")
            rows.append([name, peer, *shares, float(hit[at].mean()) if at.any() else float("nan"), right])
    rows.sort(key=lambda row: -row[-2])
    mine = next((row[-2] for row in rows if row[1] == "ours"), 0.0)
    made.ahead += [f"{row[1]} on {name}, {row[-2]:.4f} against {mine:.4f}" for row in rows if row[-2] > mine]
    from dedupe.core.bands import plan

    chosen = plan(settings.threshold, 0.99)
    curve = [_planned(chosen, exact.jaccard, i) for i in range(len(BINS))]
    label = f"our plan, {chosen.n_bands} bands of {chosen.n_rows}"
    rows.append([name, label, *curve, float(chosen.share_found(settings.threshold)), None])
    made.rows += rows
    if name == "verses" and made.plot:  # the only set with many pairs in each bin
        for row in rows:
            points = zip(_MIDDLES, row[2:-2], strict=True)
            made.plot["series"][row[1]] = [[x, y] for x, y in points if isinstance(y, float)]


def _bin(number: int) -> str:
    return f"{BINS[number]:g}" if number == len(BINS) - 1 else f"{BINS[number]:g}–{BINS[number + 1]:g}"


def _inside(jaccard: np.ndarray[Any, Any], number: int) -> np.ndarray[Any, Any]:
    last = number == len(BINS) - 1
    return jaccard >= BINS[number] if last else (jaccard >= BINS[number]) & (jaccard < BINS[number + 1])


def _share(hit: np.ndarray[Any, Any], jaccard: np.ndarray[Any, Any], number: int) -> float | None:
    inside = _inside(jaccard, number)
    return float(hit[inside].mean()) if inside.sum() >= _NEED else None


def _planned(chosen: Any, jaccard: np.ndarray[Any, Any], number: int) -> float | None:
    """Mean of the planned curve over the pairs of a bin."""
    inside = _inside(jaccard, number)
    if inside.sum() < _NEED:
        return None
    return float((1 - (1 - jaccard[inside] ** chosen.n_rows) ** chosen.n_bands).mean())
