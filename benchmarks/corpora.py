"""The collections that speed and growth are measured on: real text where there is some, made text for the extremes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from benchmarks import data
from dedupe.verbs.plant import plant

_BLANK = re.compile(r"\n[ \t]*\n")
_THAI = "กขคงจชซดตถทธนบปผพฟภมยรลวศสหอ"
_MEGABYTE = 1 << 20


def take(texts: Iterable[str], megabytes: float) -> list[str]:
    """The first texts, as many as fit."""
    taken, left = [], int(megabytes * _MEGABYTE)
    for text in texts:
        taken.append(text)
        left -= len(text.encode("utf-8", "surrogatepass"))
        if left <= 0:
            break
    return taken


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    return (part for text in texts for part in _BLANK.split(text) if part.strip())


def _bulk(language: str = "en") -> Iterator[str]:
    return (text for lang, text in data.bulk_docs() if lang.startswith(language))


def made_texts(count: int, *, words: int = 60, seed: int = 1) -> Iterator[str]:
    """Texts of made words with the frequencies of language (Zipf), all different."""
    draw = np.random.RandomState(seed)
    for number in range(count):
        ranks = draw.zipf(1.3, words)
        yield f"item {number} " + " ".join(f"w{rank % 50_021}" for rank in ranks)


def _planted(rate: float) -> Callable[[float], list[str]]:
    def build(megabytes: float) -> list[str]:
        return plant(take(_paragraphs(_bulk()), megabytes / (1 + rate)), rate=rate).texts

    return build


def _thai(megabytes: float) -> list[str]:
    draw = np.random.RandomState(1)
    count = max(2, int(megabytes * _MEGABYTE / 600))
    letters = np.array(list(_THAI))
    texts = ["".join(letters[draw.randint(letters.size, size=180)]) for _ in range(count)]
    return plant(texts, rate=0.1).texts


def _long(megabytes: float) -> list[str]:
    whole = "\n\n".join(take(_bulk(), max(megabytes, 2)))
    size = min(_MEGABYTE, len(whole) // 2)
    return [whole[begin : begin + size] for begin in range(0, len(whole) - size + 1, size)]


def _boilerplate(megabytes: float) -> list[str]:
    block = " ".join(data.seeds()[0].split()[:120])
    return [f"{text}\n\n{block}" for text in take(_paragraphs(_bulk()), megabytes / 2)]


CORPORA: dict[str, Callable[[float], list[str]]] = {
    "paragraphs": lambda mb: take(_paragraphs([*_bulk(), *data.licenses().texts]), mb),
    "documents": lambda mb: take(_bulk(), mb),
    "licenses": lambda mb: take(data.licenses().texts, mb),
    "verses": lambda mb: take(data.verses(1).texts, mb),
    "planted 1 %": _planted(0.01),
    "planted 50 %": _planted(0.5),
    "planted 200 %": _planted(2.0),
    "one letter": lambda mb: ["a" * n for n in range(1, 1 + int((2 * mb * _MEGABYTE) ** 0.5))],
    "all identical": lambda mb: [data.seeds()[1]] * int(mb * _MEGABYTE / 3600),
    "all distinct": lambda mb: list(made_texts(int(mb * _MEGABYTE / 310))),
    "Chinese": lambda mb: take(_paragraphs(_bulk("zh")), mb),
    "Thai (made)": _thai,
    "1 MB documents": _long,
    "shared block": _boilerplate,
}
