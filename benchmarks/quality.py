"""Quality on labelled text: pairs and clusters at the defaults, and along the threshold."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np

import dedupe
from benchmarks import data, scores, truth
from benchmarks.isolate import Corpus, run
from benchmarks.peers import Settings
from benchmarks.report import Table
from benchmarks.scores import I64, Score

STEPS = {"jaccard": (0.4, 0.5, 0.6, 0.7, 0.8, 0.9), "weighted": (0.22, 0.26, 0.3, 0.4, 0.5)}
_FIELD = Settings(0.8, 5, True)  # what the field does: word 5-grams, 0.8, whatever is connected


def tables(peers: list[str], *, steps: bool = True) -> list[Table]:
    """Score every labelled set that is on this machine."""
    made = Table(
        "quality",
        "Quality on labelled text: clusters beside labels",
        "whether the labels ask for what you want: a licence that differs by one clause is another licence here. "
        "Half of each collection is kept aside and not scored. In licenses one family of 548 texts holds 95 % of the "
        "pairs, so its pair figures say how that one family fared; news-triples is coverage, where finding nothing is right.",
        {"seed": 1, "widths": "3 ours, 5 the field's"},
        ["set", "who", "measure", "linkage", "threshold", "precision", "recall", "F1", "adjusted Rand"],
    )
    curves = Table(
        "curves",
        "Quality along the threshold: F1 of pairs in clusters",
        "time, and thresholds between the steps.",
        {"linkage": "survivor for jaccard (width 3), complete for weighted", "seed": 1},
        ["set", "measure", *(f"step {i + 1}" for i in range(6)), "area"],
        plot={"x": "threshold", "y": "F1 of pairs", "y_range": [0, 1], "series": {}},
    )
    for name, load in data.LABELLED.items():
        try:
            found = load()
        except data.MissingData as missing:
            made.notes.append(f"{name}: skipped, {missing}")
            continue
        rows = [*_our_rows(found), *_exact_rows(found), *_peer_rows(found, peers, made)]
        made.rows += sorted(rows, key=lambda row: -row[-2])
        made.ahead += _ahead(found.name, rows)
        if steps:
            _curve(curves, found)
    return [made, curves] if steps else [made]


def _ahead(name: str, rows: list[list[Any]]) -> list[str]:
    """Peers that do better than the default measure."""
    own = {row[2]: row[-2] for row in rows if row[1] == "ours, default"}
    plain, weighted = own["jaccard"], own.get("weighted", float("nan"))
    return [
        f"{row[1]} on {name}, F1 {row[-2]:.3f} against {plain:.3f} by default, {weighted:.3f} weighted"
        for row in rows
        if row[-2] > plain + 1e-9 and not row[1].startswith("ours")
    ]


def ours(found: data.Labelled, **options: Any) -> Score:
    """Score the clusters of our own result."""
    result = dedupe.find(found.texts, **options)
    return scores.clusters(result.by_document()["cluster"], found.labels)


def _our_rows(found: data.Labelled) -> list[list[Any]]:
    made: list[tuple[str, str, float]] = [
        ("jaccard", "survivor", 0.7), ("jaccard", "complete", 0.7), ("jaccard", "single", 0.7),
        ("weighted", "complete", 0.26), ("weighted", "average", 0.26), ("weighted", "survivor", 0.26),
    ]  # fmt: skip
    rows = []
    for measure, linkage, threshold in made:
        try:
            score = ours(found, measure=measure, linkage=linkage, threshold=threshold)
        except dedupe.OptionError:
            continue  # a linkage that this measure does not take
        is_default = linkage == {"jaccard": "survivor", "weighted": "complete"}[measure]
        rows.append([found.name, "ours, default" if is_default else "ours", measure, linkage, threshold, *score])
    return rows


def _exact_rows(found: data.Labelled) -> list[list[Any]]:
    """What the field's recipe gives with exact similarities: no sketch to blame."""
    exact = truth.exact(found.texts, _FIELD.width)
    at = exact.jaccard >= _FIELD.threshold
    joined = scores.components(len(found.texts), exact.left[at], exact.right[at])
    score = scores.clusters(joined, found.labels)
    return [[found.name, "exact 5-grams", "jaccard", "single", _FIELD.threshold, *score]]


def _peer_rows(found: data.Labelled, peers: list[str], made: Table) -> list[list[Any]]:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus(found.texts, folder)
        for peer in peers:
            if peer == "ours" or "samples" in peer:
                continue
            done = run(peer, corpus, _FIELD)
            if done.outcome is None:
                made.notes.append(f"{found.name}, {peer}: {done.failure}")
                continue
            joined = scores.components(len(found.texts), done.outcome.left, done.outcome.right)
            rows.append(
                [found.name, peer, "jaccard", "single", _FIELD.threshold, *scores.clusters(joined, found.labels)]
            )
    return rows


def _curve(curves: Table, found: data.Labelled) -> None:
    for measure, steps in STEPS.items():
        values = [ours(found, measure=measure, threshold=step).f1 for step in steps]
        cells = [f"{step:g}: {value:.3f}" for step, value in zip(steps, values, strict=True)]
        area = scores.area(list(steps), values)
        curves.rows.append([found.name, measure, *cells, *["–"] * (6 - len(cells)), area])
        if curves.plot and found.name != "news-triples":
            points = [[x, y] for x, y in zip(steps, values, strict=True)]
            curves.plot["series"][f"{found.name}, {measure}"] = points


def copied_answers() -> Table:
    """Answers copied from a source, by containment and by Jaccard."""
    made = Table(
        "copied-answers",
        "Containment: answers copied from a source",
        "copies that were put in other words throughout: heavy revision shares few runs of words with its source.",
        {"width": 3, "unit": "document"},
        ["measure", "threshold", "cut found", "light found", "heavy found", "non taken for copies", "area under ROC"],
    )
    found = data.copied_answers()
    compared = [dedupe.compare(a, s) for a, s in zip(found.answers, found.sources, strict=True)]
    labels = np.array(found.labels)
    for measure in ("containment", "jaccard"):
        score = np.array([getattr(one, measure) for one in compared])
        for threshold in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
            shares = [float((score[labels == label] >= threshold).mean()) for label in ("cut", "light", "heavy", "non")]
            made.rows.append([measure, threshold, *shares, _roc(score, labels != "non")])
    return made


def _roc(score: np.ndarray[Any, Any], is_copy: np.ndarray[Any, Any]) -> float:
    """Chance that a copy scores above a text that is none; ties count a half."""
    beside = score[is_copy][:, None] - score[~is_copy][None, :]
    return float((beside > 0).mean() + (beside == 0).mean() / 2)


def crawl() -> Table:
    """Repeated lines in crawled text, span by span beside what another tool reports."""
    made = Table(
        "crawl",
        "Repeated lines in crawled text, beside another tool's spans",
        "whether a repeated line should go: the other tool's rule is a line seen before, byte for byte.",
        {"unit": "line", "documents": 10},
        ["threshold", "lines expected", "lines found", "share of expected found", "share of found expected"],
    )
    found = data.crawl()
    expected = {(doc, start) for doc, spans in enumerate(found.spans) for start, end in spans
                if found.texts[doc][start:end].strip()}  # fmt: skip
    for threshold in (1.0, 0.7):
        result = dedupe.find(found.texts, unit="line", threshold=threshold)
        mine = {(d.block.doc, _line_start(found.texts[d.block.doc], d.block.start)) for d in result.duplicates}
        both = len(mine & expected)
        made.rows.append([threshold, len(expected), len(mine), both / max(len(expected), 1), both / max(len(mine), 1)])
    return made


def _line_start(text: str, position: int) -> int:
    return text.rfind("\n", 0, position) + 1


def web_blocks() -> Table:
    """Blocks of the pages of one site: how much template goes, and how much content with it."""
    made = Table(
        "web-blocks",
        "Template and content: blocks of one site's pages",
        "which copy a reader would want to keep: the first copy of a menu stays, so its share is below 1.",
        {"pages": 498, "unit": "document (a block is given as a text)"},
        ["who", "threshold", "min_words", "template removed", "content removed", "content of 8 words and more removed"],
    )
    pages = data.web_pages()
    blocks = [block for page in pages for block in page.blocks]
    template = np.array([flag for page in pages for flag in page.is_template])
    long = np.array([len(block.split()) >= 8 for block in blocks])
    for threshold, min_words in ((1.0, 0), (0.7, 0), (0.7, 8)):
        result = dedupe.find(blocks, threshold=threshold, min_words=min_words)
        gone = np.zeros(len(blocks), np.bool_)
        gone[result.duplicate_documents()] = True
        shares = [float(gone[mask].mean()) for mask in (template, ~template, ~template & long)]
        made.rows.append(["ours", threshold, min_words, *shares])
    return made


def extra() -> list[Table]:
    """The sets that are scored in a way of their own; those that are missing say so."""
    tables = []
    for make in (copied_answers, crawl, web_blocks):
        try:
            tables.append(make())
        except data.MissingData as missing:
            tables.append(
                Table(
                    make.__name__,
                    make.__doc__ or "",
                    "anything: the data is missing",
                    {},
                    ["set"],
                    notes=[str(missing)],
                )
            )
    return tables


def widths() -> Table:
    """The choice of width and threshold, from exact similarities alone."""
    made = Table(
        "widths",
        "Choosing width and threshold: F1 of matching pairs, exact Jaccard, no sketch",
        "clusters, and the other measures.",
        {"truth": "brute force"},
        ["set", "width", *(f"{t:g}" for t in STEPS["jaccard"]), "precision at 0.7"],
    )
    for name, load in data.LABELLED.items():
        if name in ("news-triples", "planted-pairs"):
            continue
        try:
            found = load()
        except data.MissingData as missing:
            made.notes.append(f"{name}: skipped, {missing}")
            continue
        for width in (1, 2, 3, 4, 5):
            exact = truth.exact(found.texts, width)
            cells = [_pairs(exact, found.labels, t) for t in STEPS["jaccard"]]
            made.rows.append([name, width, *(score.f1 for score in cells), cells[3].precision])
    return made


def _pairs(exact: truth.Truth, labels: I64, threshold: float) -> Score:
    at = exact.jaccard >= threshold
    return scores.matches(exact.left[at], exact.right[at], labels)
