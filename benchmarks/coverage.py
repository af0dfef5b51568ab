"""Quality and growth of `dedupe.merge`: labelled news, the same in other guises, planted stories.

    python -m benchmarks.coverage quality
    python -m benchmarks.coverage growth --largest 100000

Planted stories. The articles of the labelled set are copied into as many worlds as the size asks for. Each world
swaps every word that fewer than 12 % of the articles have for another word about as frequent and written alike
(capital letter or not), the same way throughout the world; so events, names and numbers differ from world to world,
and reports of one event stay as alike as they were. The common words of each article then change places at random,
or the same article would show through its worlds. Of each article 15 % of the paragraphs are dropped at random.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks import data, scores
from benchmarks.report import Table
from dedupe.core.text.batch import encode
from dedupe.core.text.tokens import words
from dedupe.stories.clustering import cluster_documents
from dedupe.stories.coverage import scores as coverage
from dedupe.stories.coverage.background import is_common
from dedupe.stories.coverage.terms import weighted_terms
from dedupe.verbs.merge import ERROR_RATE

RATES = (0.4, 0.2, 0.1, 0.05, 0.025, 0.0125)
_WORD = re.compile(r"\w+|[^\w\s]+|\n+")
_SYLLABLES = 2_500


def average_precision(texts: Sequence[str], labels: np.ndarray) -> float:  # type: ignore[type-arg]
    """Area under precision over recall when all pairs are ranked by their score; 0 without a true pair."""
    batch = encode(texts)
    found = words(batch.buffer, batch.offsets[:-1], batch.offsets[1:])
    terms = weighted_terms(found.hashes, found.offsets, is_common(found.hashes))
    left, right = coverage.candidates(terms)
    score = coverage.pair_scores(terms, left, right)
    order = np.argsort(-score, kind="stable")
    true = (labels[left] == labels[right])[order]
    precision = np.cumsum(true) / np.arange(1, true.size + 1)
    return float((precision * true).sum() / max(1, true.sum()))


def f1(texts: Sequence[str], labels: np.ndarray, rate: float = ERROR_RATE) -> float:  # type: ignore[type-arg]
    """Pairwise F1 of the stories."""
    return scores.clusters(cluster_documents(texts, error_rate=rate).labels, labels).f1


def syllables(text: str) -> str:
    """Write each word as one to three syllables of an inventory of 2,500, used as unevenly as in a real language."""
    shares = np.cumsum(1 / np.arange(1, _SYLLABLES + 1) ** 0.9)
    shares /= shares[-1]

    def cut(match: re.Match[str]) -> str:
        word = match[0].lower()
        if not word.isalnum():
            return match[0]
        parts = 1 if len(word) <= 4 else 2 if len(word) <= 9 else 3
        points = [zlib.crc32(f"{word}{k}".encode()) / 2**32 for k in range(parts)]
        return " ".join(f"s{int(np.searchsorted(shares, point))}" for point in points) + " "

    return _WORD.sub(cut, text)


def letter_pairs(text: str) -> str:
    """Cut each word into pieces of two letters, each a word."""
    return re.sub(r"\w{2}(?=\w)", r"\g<0> ", text.lower())


def variants(texts: list[str], labels: np.ndarray) -> Iterable[tuple[str, list[str], np.ndarray]]:  # type: ignore[type-arg]
    """The set as it is, in parts, without stories, and in other guises: name, texts, labels."""
    yield "all", texts, labels
    half = labels % 2 == 0
    for name, chosen in (("half 1", half), ("half 2", ~half)):
        yield name, [texts[i] for i in np.flatnonzero(chosen)], labels[chosen]
    random = np.random.default_rng(5)
    for size in (4, 8, 16):
        for number in range(3):
            some = random.choice(int(labels.max()) + 1, size, replace=False)
            rows = np.flatnonzero(np.isin(labels, some))
            yield f"{size} stories, draw {number + 1}", [texts[i] for i in rows], labels[rows]
    guises: dict[str, Callable[[str], str]] = {"syllables": syllables, "letter pairs": letter_pairs}
    for name, guise in guises.items():
        yield name, [guise(text) for text in texts], labels


def quality() -> list[tuple[str, list[Any]]]:
    """F1 at each error rate and average precision, for each variant; and stories found where there are none."""
    found = data.news_triples()
    rows = []
    for name, texts, labels in variants(found.texts, found.labels):
        row = [f"{f1(texts, labels, rate):.3f}" for rate in RATES]
        rows.append((name, [len(texts), f"{average_precision(texts, labels):.3f}", *row]))
    first = np.unique(found.labels, return_index=True)[1]
    for shift in range(3):
        texts = [found.texts[i + shift] for i in first]
        merged = [len(texts) - np.unique(cluster_documents(texts, error_rate=rate).labels).size for rate in RATES]
        rows.append((f"one of each event, draw {shift + 1}: documents joined", [len(texts), "–", *merged]))
    return rows


def table() -> Table:
    """Stories beside labels, at the default error rate and around it."""
    made = Table(
        "coverage",
        "Stories beside labels: reports of one event by three outlets",
        "other languages than English but by simulation; the method was developed on this set, half of it is kept aside",
        {"error rates": list(RATES), "default": ERROR_RATE},
        ["set", "documents", "average precision", *(f"F1 at {rate:g}" for rate in RATES)],
    )
    try:
        made.rows += [[name, *row] for name, row in quality()]
    except data.MissingData as error:
        made.notes.append(str(error))
    return made


def planted(n_docs: int) -> tuple[list[str], np.ndarray]:  # type: ignore[type-arg]
    """Articles of planted stories and their labels, from the labelled news (see the module)."""
    found = data.news_triples()
    cut = [_WORD.findall(text) for text in found.texts]
    vocabulary, number = np.unique([token for tokens in cut for token in tokens], return_inverse=True)
    offsets = np.concatenate(([0], np.cumsum([len(tokens) for tokens in cut])))
    article = np.repeat(np.arange(len(cut)), np.diff(offsets))
    df = np.bincount(np.unique(number * len(cut) + article) // len(cut), minlength=vocabulary.size)
    is_word = np.array([token[0].isalnum() for token in vocabulary])
    is_content = is_word & (df < 0.12 * len(cut))
    kind = [
        (int(np.log2(d) * 2), token[0].isupper(), token[0].isdigit()) for d, token in zip(df, vocabulary, strict=True)
    ]
    bins = [np.flatnonzero(is_content & np.array([one == each for one in kind])) for each in sorted(set(kind))]
    texts: list[str] = []
    labels: list[int] = []
    for world in range(-(-n_docs // len(cut))):
        random = np.random.default_rng(world)
        swap = np.arange(vocabulary.size)
        for members in bins:
            swap[members] = random.permutation(members)
        for doc in range(len(cut)):
            tokens = number[offsets[doc] : offsets[doc + 1]]
            made = swap[tokens]
            common = np.flatnonzero(is_word[tokens] & ~is_content[tokens])
            made[common] = random.permutation(made[common])
            text = re.sub(r" (?=[^\w\s])|(?<=\n) ", "", " ".join(vocabulary[made]))
            kept = [part for part in text.split("\n\n") if random.random() < 0.85]
            texts.append("\n\n".join(kept or text.split("\n\n")[:1]))
            labels.append(world * 1000 + int(found.labels[doc]))
    return texts[:n_docs], np.array(labels[:n_docs])


def growth_row(n_docs: int) -> dict[str, Any]:
    """One size in this process: seconds of the stories and of the whole merge, peak memory, F1."""
    from dedupe.verbs.merge import merge

    texts, labels = planted(n_docs)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    stories = merge(texts)
    elapsed = time.perf_counter() - began
    found = np.empty(len(texts), np.int64)
    for number, story in enumerate(stories):
        found[list(story.documents)] = number
    score = scores.clusters(found, labels)
    return {
        "documents": n_docs,
        "words": sum(len(text.split()) for text in texts),
        "seconds": round(elapsed, 2),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
        "texts_gb": round(before / 1e6, 2),
        "stories": len(stories),
        "precision": round(score.precision, 3),
        "recall": round(score.recall, 3),
        "f1": round(score.f1, 3),
    }


def growth(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """A process for each size."""
    rows = []
    for size in sizes:
        code = f"import json; from benchmarks.coverage import growth_row; print(json.dumps(growth_row({size})))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("what", choices=["quality", "growth"])
    parser.add_argument("--largest", type=int, default=10_000)
    given = parser.parse_args()
    if given.what == "growth":
        growth([size for size in (1_000, 10_000, 100_000) if size <= given.largest])
        return
    print(table().text())


if __name__ == "__main__":
    main()
