"""Other libraries, each used as its own documentation advises, behind one signature.

A peer takes texts and settings and gives back the texts it keeps and the pairs it reports.
What had to be chosen is in `note`; whether a pair is checked on the text before it counts is in `verifies`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

import numpy as np

_WORD = re.compile(r"\w+")
N_SLOTS = 128


class Settings(NamedTuple):
    """What all peers are asked for.

    Attributes:
        threshold: Jaccard similarity from which texts are duplicates.
        width: Words per shingle.
        wants_pairs: Report pairs too, not only which texts stay.
    """

    threshold: float = 0.7
    width: int = 3
    wants_pairs: bool = False


class Outcome(NamedTuple):
    """What a peer decided.

    Attributes:
        kept: Array of shape (n_texts,), bool.
        left: Array of shape (n_pairs,), int64: pairs it reports, each once; empty when not asked for.
        right: Array of shape (n_pairs,), int64, greater than left.
        counts: Deterministic counts and settings, for the report.
    """

    kept: np.ndarray[Any, np.dtype[np.bool_]]
    left: np.ndarray[Any, np.dtype[np.int64]]
    right: np.ndarray[Any, np.dtype[np.int64]]
    counts: dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """A library and a way to use it.

    Attributes:
        run: Texts and settings to the outcome.
        package: Distribution, for its version.
        verifies: What is compared before a pair counts: the text, the sketch, or nothing.
        note: What had to be chosen.
    """

    run: Callable[[list[str], Settings], Outcome]
    package: str
    verifies: str
    note: str

    @property
    def version(self) -> str:
        """Installed version, or why there is none."""
        if self.package == "dedupe-text":
            import dedupe

            return f"{dedupe.__version__} ({dedupe.backend()} core)"
        try:
            return version(self.package)
        except PackageNotFoundError:
            return "not installed"


def grams(text: str, width: int) -> list[str]:
    """Word n-grams as users make them in Python: lower case, words by a regular expression, joined by spaces."""
    found = _WORD.findall(text.lower())
    if len(found) <= width:
        return [" ".join(found)] if found else []
    return [" ".join(found[i : i + width]) for i in range(len(found) - width + 1)]


def _outcome(kept: Iterable[bool], pairs: Iterable[tuple[int, int]] = (), **counts: Any) -> Outcome:
    unique = {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}
    array = np.array(sorted(unique), np.int64).reshape(-1, 2)
    return Outcome(np.fromiter(kept, np.bool_), array[:, 0], array[:, 1], counts)


def _ours(texts: list[str], settings: Settings, **options: Any) -> Outcome:
    import dedupe

    found = dedupe.find(
        texts,
        threshold=settings.threshold,
        width_words=settings.width,
        pairs="all" if settings.wants_pairs else "survivors",
        **options,
    )
    kept = np.ones(len(texts), np.bool_)
    kept[found.duplicate_documents()] = False
    pairs = [(match.left.doc, match.right.doc) for match in found.matches] if settings.wants_pairs else []
    return _outcome(kept, pairs, **found.stats)


def _datasketch(texts: list[str], settings: Settings, params: tuple[int, int] | None = None) -> Outcome:
    import xxhash
    from datasketch import MinHash, MinHashLSH

    n_slots = N_SLOTS if params is None else params[0] * params[1]
    tokens = [[gram.encode("utf-8", "surrogatepass") for gram in grams(text, settings.width)] for text in texts]
    sketches = MinHash.bulk(tokens, num_perm=n_slots, hashfunc=xxhash.xxh32_intdigest)
    lsh = MinHashLSH(threshold=settings.threshold, num_perm=n_slots, params=params)
    kept, pairs = [], []
    for number, sketch in enumerate(sketches):
        near = lsh.query(sketch) if tokens[number] else []
        kept.append(not near)
        if settings.wants_pairs:
            pairs += [(other, number) for other in near]
        if tokens[number] and (settings.wants_pairs or not near):
            lsh.insert(number, sketch, check_duplication=False)
    return _outcome(kept, pairs, bands=lsh.b, rows=lsh.r)


def _datasketch_matched(texts: list[str], settings: Settings) -> Outcome:
    from dedupe.core.bands import plan

    chosen = plan(settings.threshold, 0.99)
    return _datasketch(texts, settings, (chosen.n_bands, chosen.n_rows))


def _rensa(texts: list[str], settings: Settings, rho: bool = False, n_bands: int = 16) -> Outcome:
    from rensa import RMinHash, RMinHashDeduplicator, RMinHashLSH

    tokens = [grams(text, settings.width) for text in texts]
    if settings.wants_pairs and not rho:
        sketches = RMinHash.from_token_sets(tokens, num_perm=N_SLOTS, seed=42)
        lsh = RMinHashLSH(settings.threshold, N_SLOTS, n_bands)
        lsh.insert_pairs(list(enumerate(sketches)))
        near = lsh.query_all(sketches)
        pairs = ((int(other), number) for number, found in enumerate(near) for other in found if tokens[number])
        return _outcome([True] * len(texts), pairs, bands=n_bands, rows=N_SLOTS // n_bands)
    if rho:
        matrix = RMinHash.digest_matrix_from_token_sets_rho(tokens, N_SLOTS, 42)
        flags = RMinHashLSH(settings.threshold, N_SLOTS, 8).query_duplicate_flags_matrix_one_shot(matrix)
        return _outcome((not flag for flag in flags), bands=8, rows=N_SLOTS // 8)
    index = RMinHashDeduplicator(
        threshold=settings.threshold, num_perm=N_SLOTS, use_lsh=True, num_bands=n_bands, seed=42
    )
    kept = index.add_pairs((str(number), found) for number, found in enumerate(tokens))
    return _outcome(kept, bands=n_bands, rows=N_SLOTS // n_bands)


def _gaoya(texts: list[str], settings: Settings) -> Outcome:
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=settings.threshold,
        num_bands=20,
        band_size=5,
        analyzer="word",
        lowercase=True,
        ngram_range=(settings.width, settings.width),
    )
    index.par_bulk_insert_docs(list(range(len(texts))), texts)
    kept, pairs = [], []
    for number, near in enumerate(index.par_bulk_query(texts)):
        kept.append(not any(other < number for other in near))
        if settings.wants_pairs:
            pairs += [(other, number) for other in near]
    return _outcome(kept, pairs, bands=20, rows=5)


def _semhash(texts: list[str], settings: Settings) -> Outcome:
    from semhash import SemHash

    index = SemHash.from_records(records=texts, model=_HashedGrams(settings.width))
    result = index.self_deduplicate(threshold=settings.threshold)
    selected = set(result.selected)
    seen: set[str] = set()
    kept = []
    for text in texts:
        kept.append(text in selected and text not in seen)
        seen.add(text)
    place = {text: number for number, text in reversed(list(enumerate(texts)))}
    pairs = (
        (place[entry.record], place[other])
        for entry in result.filtered
        for other, _ in (entry.duplicates if settings.wants_pairs else ())
    )
    return _outcome(kept, pairs, dimensions=256)


class _HashedGrams:
    """Word n-grams hashed into 256 signed counts: an encoder that needs no model download."""

    def __init__(self, width: int) -> None:
        self.width = width

    def encode(self, inputs: Any, **_: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
        import xxhash

        vectors = np.zeros((len(inputs), 256), np.float32)
        for row, text in enumerate(inputs):
            for gram in grams(text, self.width):
                code = xxhash.xxh64_intdigest(gram.encode("utf-8", "surrogatepass"))
                vectors[row, code & 255] += 1.0 if code >> 63 else -1.0
        return vectors


PEERS: dict[str, Peer] = {
    "ours": Peer(_ours, "dedupe-text", "text", "defaults of the library, threshold and width as for all"),
    "datasketch": Peer(
        _datasketch, "datasketch", "nothing", "MinHash.bulk with xxhash, 128 slots, MinHashLSH with its default bands"
    ),
    "datasketch matched": Peer(
        _datasketch_matched, "datasketch", "nothing", "the same, with params=(b, r) of our plan for recall 0.99"
    ),
    "rensa": Peer(_rensa, "rensa", "sketch", "RMinHashDeduplicator, 128 slots, 16 bands, word n-grams made in Python"),
    "rensa 5-grams": Peer(
        lambda texts, settings: _rensa(texts, settings._replace(width=5)),
        "rensa",
        "sketch",
        "the same with word 5-grams whatever the width of the run, the usual setting of its users; another measure",
    ),
    "rensa rho (samples)": Peer(
        lambda texts, settings: _rensa(texts, settings, rho=True),
        "rensa",
        "sketch",
        "rho pipeline, which samples token positions; 128 slots, 8 bands as in its benchmark; reports no pairs",
    ),
    "gaoya": Peer(_gaoya, "gaoya", "sketch", "20 bands of 5 (its defaults), n-grams made in Rust, bulk calls"),
    "semhash": Peer(
        _semhash,
        "semhash",
        "vectors",
        "its lexical encoder is not in the released wheel, and its models need a download: "
        "hashed word n-grams in 256 dimensions instead; cosine, not Jaccard, meets the threshold",
    ),
}
