"""Labelled and bulk text, read from DEDUPE_DATA or ../shared/data; a set that is missing is skipped by name."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]


class Labelled(NamedTuple):
    """Texts with the cluster that each belongs to.

    Attributes:
        name: Of the set.
        texts: The texts.
        labels: Array of shape (n_texts,), int64: equal for texts that should be found together.
    """

    name: str
    texts: list[str]
    labels: np.ndarray[Any, np.dtype[np.int64]]


class MissingData(LookupError):
    """A set is not on this machine."""


def folder() -> Path:
    """Where the sets are."""
    return Path(os.environ.get("DEDUPE_DATA", ROOT.parent / "shared" / "data"))


def _file(name: str) -> Path:
    path = folder() / name
    if not path.exists():
        raise MissingData(f"{name}: not found; set DEDUPE_DATA to the folder that holds it")
    return path


def _records(name: str) -> list[dict[str, Any]]:
    with gzip.open(_file(name), "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _labelled(name: str, texts: list[str], labels: list[str]) -> Labelled:
    return Labelled(name, texts, np.unique(np.array(labels), return_inverse=True)[1].astype(np.int64))


def licenses() -> Labelled:
    """Licence texts; a cluster is the same licence, families that differ by one clause are hard negatives."""
    rows = _records("licenses/docs.jsonl.gz")
    return _labelled("licenses", [row["text"] for row in rows], [row["cluster"] for row in rows])


def doc_versions() -> Labelled:
    """Versions of documentation files; a cluster is one file."""
    rows = _records("doc-versions/docs.jsonl.gz")
    return _labelled("doc-versions", [row["text"] for row in rows], [row["cluster"] for row in rows])


def news_triples() -> Labelled:
    """Three outlets on one event: coverage, not duplicates; nothing should be found here."""
    rows = _records("news-triples/docs.jsonl.gz")
    return _labelled("news-triples", [row["text"] for row in rows], [row["cluster"] for row in rows])


def verses(step: int = 10) -> Labelled:
    """Every `step`-th Bible verse in six translations; a cluster is a verse."""
    texts, labels = [], []
    for number, row in enumerate(_verse_rows()):
        if number % step == 0:
            texts += row[1:]
            labels += [row[0]] * len(row[1:])
    return _labelled("verses", texts, labels)


@lru_cache(maxsize=1)
def _verse_rows() -> list[list[str]]:
    with gzip.open(_file("verses/verses.tsv.gz"), "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t") for line in lines][1:]


def planted_pairs(size: int = 1000) -> Labelled:
    """Short articles with ten planted near-duplicates."""
    lines = _file(f"planted-pairs/articles_{size}.train").read_text("utf-8").splitlines()
    rows = [line.split(" ", 1) for line in lines]
    label = {row[0]: row[0] for row in rows}
    for line in _file(f"planted-pairs/articles_{size}.truth").read_text("utf-8").splitlines():
        first, second = line.split()
        label[second] = label[first]
    return _labelled("planted-pairs", [row[1] for row in rows], [label[row[0]] for row in rows])


class Answers(NamedTuple):
    """Short answers, the source text of each, and how it was made from it: cut, light, heavy or non."""

    answers: list[str]
    sources: list[str]
    labels: list[str]


def copied_answers() -> Answers:
    """Answers that were copied from a source, to be found by containment."""
    text = {row["id"]: row["text"] for row in _records("copied-answers/docs.jsonl.gz")}
    lines = _file("copied-answers/pairs.tsv").read_text("utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return Answers([text[row[0]] for row in rows], [text[row[1]] for row in rows], [row[2] for row in rows])


class Page(NamedTuple):
    """A web page as blocks of text, and which of them belong to its template."""

    blocks: list[str]
    is_template: list[bool]


def web_pages() -> list[Page]:
    """Pages of one site; menus and footers are marked."""
    rows = _records("web-blocks/pages.jsonl.gz")
    return [Page([b[1] for b in row["blocks"]], [b[0] == "b" for b in row["blocks"]]) for row in rows]


class Crawl(NamedTuple):
    """Crawled texts and, for each, the spans that another tool reports as repeated paragraphs."""

    texts: list[str]
    spans: list[list[tuple[int, int]]]


def crawl() -> Crawl:
    """Crawled documents with the expected repeated paragraphs (a line seen before in the stream)."""
    rows = {row["id"]: row["text"] for row in _records("crawl/documents.jsonl.gz")}
    found = _records("crawl/repeated-paragraphs.expected.jsonl.gz")
    spans = {row["id"]: [(s[0], s[1]) for s in row["attributes"]["bff_duplicate_paragraph_spans"]] for row in found}
    return Crawl(list(rows.values()), [spans.get(name, []) for name in rows])


@lru_cache(maxsize=1)
def bulk_docs() -> list[tuple[str, str]]:
    """Documentation of an operating system: language and text of each document."""
    return [(row["lang"], row["text"]) for row in _records("bulk-docs/docs.jsonl.gz")]


def seeds() -> list[str]:
    """The articles that the repository ships."""
    return [path.read_text("utf-8") for path in sorted((ROOT / "seeds").glob("*.txt"))]


LABELLED: dict[str, Callable[[], Labelled]] = {
    "licenses": licenses,
    "doc-versions": doc_versions,
    "verses": verses,
    "planted-pairs": planted_pairs,
    "news-triples": news_triples,
}
