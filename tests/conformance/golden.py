"""The golden file: what every place answered when it was written, by place, collection and settings.

    python -m tests.conformance.golden                        # say what differs from golden.json
    python -m tests.conformance.golden --write                # write all of it anew
    python -m tests.conformance.golden --write min_words      # only the part with min_words above 0
    python -m tests.conformance.golden --show find "near 1"   # print the answers themselves

An answer is kept as its number of rows and a hash of them: survivors, places, similarities to six digits, rules.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dedupe
from tests.conformance.samples import COLLECTIONS, LARGE_TEXTS

GOLDEN = Path(__file__).with_name("golden.json")
Answer = list[Any]
Answers = Iterator[tuple[str, Answer]]
Lose = dict[str, Any]
WORDS: Lose = {"lose": "words"}  # the threshold alone decides
UNITS = ("document", "paragraph", "line", "sentence")
ON_DISK = ("near 3", "edited 1", "scripts", "short blocks", "hostile", "none")
LIKE = ("differences", "differences in paragraphs")
SMALL = ("ties", "near 3", "chain", "paragraphs 1", "edited 1", "scripts", "short blocks", "templates")


def most_e(block: Any) -> float:
    """A policy function."""
    return float(block.text.count("e"))


def rows_of(duplicates: Any) -> Answer:
    """What was decided about each duplicate."""
    return [
        [
            str(one.block.doc), one.block.start, one.block.end,
            str(one.survivor.doc), one.survivor.start, one.survivor.end,
            round(one.similarity, 6), one.rule,
        ]
        for one in duplicates
    ]  # fmt: skip


def pairs_of(matches: Any) -> Answer:
    """Each match, with its verdict."""
    return [
        [str(m.left.doc), m.left.start, str(m.right.doc), m.right.start, round(m.similarity, 6), m.verdict]
        for m in matches
    ]


def named(settings: dict[str, Any]) -> str:
    """Settings in words."""
    return ", ".join(f"{name}={getattr(value, '__name__', value)}" for name, value in settings.items()) or "defaults"


def grid(**choices: tuple[Any, ...]) -> list[dict[str, Any]]:
    """All combinations of settings."""
    return [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]


JACCARD = grid(unit=UNITS, keep=("first", "last", "longest", most_e), threshold=(0.5, 0.7, 0.9))
LINKED = grid(unit=("document", "paragraph"), linkage=("complete", "average", "single"), keep=("first", "longest"))
MEASURED = [
    *grid(measure=("containment", "ratio"), unit=("document", "paragraph"), threshold=(0.5, 0.8), keep=("first", "longest")),
    *grid(measure=("weighted",), unit=("document", "paragraph"), linkage=("complete", "average", "single", "survivor")),
]  # fmt: skip
FINE = [
    *grid(width_words=(1, 5), recall=(0.9, 0.999), seed=(1, 7)),
    *grid(pairs=("all",), unit=("document", "sentence"), threshold=(0.4, 1.0)),
]


def find(texts: list[str], _: Path, lose: Lose) -> Answers:
    """Duplicates and survivors in memory; matches where all of them are asked for or nothing goes."""
    for settings in [{}, *JACCARD, *LINKED, *MEASURED, *FINE]:
        found = dedupe.find(texts, **settings, **lose)
        pairs = pairs_of(found.matches) if settings.get("pairs") == "all" else []
        stays = [[block.doc, block.start, block.end] for block in found.survivors]
        yield named(settings), [*rows_of(found.duplicates), *stays, *pairs]
    for settings in grid(measure=("coverage",), unit=("document", "sentence")):
        yield named(settings), pairs_of(dedupe.find(texts, **settings).matches)


def unique(texts: list[str], _: Path, lose: Lose) -> Answers:
    """The texts that stay."""
    for settings in [{}, *grid(unit=UNITS, keep=("last", "longest"))]:
        yield named(settings), list(dedupe.unique(texts, **settings, **lose))


def against(texts: list[str], folder: Path, lose: Lose) -> Answers:
    """Every third text stays; the others in memory, beside a list and beside an index."""
    known, new = texts[::3], [text for place, text in enumerate(texts) if place % 3]
    for settings in grid(unit=UNITS, keep=("first", "longest"), threshold=(0.5, 0.8)):
        yield f"a list, {named(settings)}", rows_of(dedupe.find(new, against=known, **settings, **lose).duplicates)
    for unit in UNITS:
        with dedupe.Index(folder / unit, unit=unit, threshold=0.6, **lose) as index:
            index.add(list(enumerate(known)))
            for keep in ("first", "last", "longest"):
                found = dedupe.find(new, against=index, keep=keep)
                yield f"an index, unit={unit}, keep={keep}", rows_of(found.duplicates)


def index(texts: list[str], folder: Path, lose: Lose) -> Answers:
    """An index filled in batches, with some texts removed and replaced, and what it says about others."""
    ways = ((7, True), (7, False), (1000, True))
    for number, (unit, (size, store_text)) in enumerate(itertools.product(UNITS, ways)):
        name = f"unit={unit}, {size} at a time, {'texts' if store_text else 'hashes'}"
        with dedupe.Index(folder / str(number), unit=unit, store_text=store_text, **lose) as index:
            for begin in range(0, len(texts), size):
                index.add([(f"d{place}", texts[place]) for place in range(begin, min(begin + size, len(texts)))])
            yield name, rows_of(index.duplicates())
            if size == 7:
                index.remove([f"d{place}" for place in range(0, len(texts), 4)])
                index.add([(f"d{place}", texts[place - 1]) for place in range(1, len(texts), 5)], on_conflict="replace")
                yield f"{name}, changed", rows_of(index.duplicates())
                verdicts = [index.check(text) for text in texts[:20]]
                yield (
                    f"{name}, checked",
                    [[c.verdict, c.id, round(c.share, 6), round(c.share_other, 6)] for c in verdicts],
                )
                yield (
                    f"{name}, asked",
                    [
                        [m.id, m.start, m.end, round(m.similarity, 6), m.verdict]
                        for found in index.query_many(texts[:20])
                        for m in found
                    ],
                )


def write(texts: list[str], folder: Path) -> list[str]:
    """Put texts into three files of JSON Lines."""
    folder.mkdir()
    size = max(1, -(-len(texts) // 3))
    for number, begin in enumerate(range(0, max(len(texts), 1), size)):
        rows = [
            json.dumps({"id": place, "text": texts[place]}) for place in range(begin, min(begin + size, len(texts)))
        ]
        (folder / f"{number}.jsonl").write_text("".join(row + "\n" for row in rows), "utf-8")
    return [str(path) for path in sorted(folder.iterdir())]


def removed_and_written(texts: list[str], folder: Path, settings: dict[str, Any]) -> Answer:
    """What a run over files lists as removed, and what it writes."""
    dedupe.clean_files(write(texts, folder.with_suffix(".in")), folder, id="id", **settings)
    listed = [json.loads(line) for line in (folder / "_dedupe/removed.jsonl").read_text("utf-8").splitlines()]
    written = [path.read_text("utf-8") for path in sorted(folder.glob("*.jsonl"))]
    return [
        *([row["id"], row.get("span"), row["survivor"], row["similarity"], row["rule"]] for row in listed),
        *written,
    ]


def files(texts: list[str], folder: Path, lose: Lose) -> Answers:
    """Files in, files out, and the list of what was removed."""
    chosen = [
        {},
        *grid(unit=("document",), keep=("last", "longest", most_e), threshold=(0.5, 0.9)),
        *grid(unit=("paragraph", "line", "sentence"), keep=("first", "longest"), min_words=(0,), threshold=(0.6,)),
        {"unit": "paragraph", "min_words": 0, "min_documents": 2, "empty": "keep"},
        {"mark": True},
    ]
    for number, settings in enumerate(chosen):
        yield named(settings), removed_and_written(texts, folder / str(number), {**settings, **lose})


def clean(texts: list[str], _: Path, lose: Lose) -> Answers:
    """Each text inside itself, with the reasons."""
    for settings in [{}, *grid(unit=("paragraph", "line", "sentence"), min_words=(0, 8), threshold=(0.6, 0.8))]:
        results = [dedupe.analyze(text, **settings, **lose) for text in texts]
        reasons = [rows_of(result.removed) for result in results]
        yield f"analyze, {named(settings)}", [*reasons, *(result.text for result in results)]
    yield "clean", [dedupe.clean(text, **lose) for text in texts]
    yield "clean_many", list(dedupe.clean_many(texts, unit="line", keep="last", **lose))


def compare(texts: list[str], _: Path, __: Lose) -> Answers:
    """Each text beside the next and the one after that."""
    for step in (1, 2):
        yield (
            f"{step} apart",
            [
                {name: value for name, value in dedupe.compare(one, other).to_dict().items() if name != "difference"}
                for one, other in itertools.islice(zip(texts, texts[step:], strict=False), 40)
            ],
        )


def merge(texts: list[str], _: Path, __: Lose) -> Answers:
    """The stories."""
    for settings in [{}, {"keep": "first"}, {"error_rate": 0.2}]:
        yield named(settings), [story.to_dict() for story in dedupe.merge(texts, **settings)]


def pipe(texts: list[str], folder: Path, lose: Lose) -> Answers:
    """JSON Lines through the command, with and without an index."""
    lines = "".join(json.dumps({"n": place, "text": text}) + "\n" for place, text in enumerate(texts))
    for name, more in (("clean", []), ("an index", ["--index", str(folder / "seen.idx")])):
        command = [
            sys.executable,
            "-m",
            "dedupe",
            "clean",
            "--jsonl",
            *more,
            *(f"--lose={value}" for value in lose.values()),
        ]
        done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
        yield name, [done.stdout]


def large(_: list[str], folder: Path, lose: Lose) -> Answers:
    """The large hostile texts, in every place once."""
    for unit in ("document", "paragraph"):
        found = dedupe.find(LARGE_TEXTS, unit=unit, **lose)
        yield f"find, unit={unit}", rows_of(found.duplicates)
    yield "clean_many", list(dedupe.clean_many(LARGE_TEXTS, unit="line", **lose))
    with dedupe.Index(folder / "large.idx", unit="line", **lose) as index:
        index.add(list(enumerate(LARGE_TEXTS)))
        yield "index, unit=line", rows_of(index.duplicates())
    settings = {"unit": "line", "min_words": 0, **lose}
    yield "files, unit=line", removed_and_written(LARGE_TEXTS, folder / "large", settings)


def least_words(texts: list[str], folder: Path, lose: Lose) -> Answers:
    """All places with min_words above 0."""
    for settings in grid(unit=UNITS, min_words=(2, 8), threshold=(0.5, 0.8)):
        yield f"find, {named(settings)}", rows_of(dedupe.find(texts, **settings, **lose).duplicates)
    known, new = texts[::2], texts[1::2]
    for number, settings in enumerate(grid(unit=UNITS, min_words=(2, 8))):
        yield f"against, {named(settings)}", rows_of(dedupe.find(new, against=known, **settings, **lose).duplicates)
        with dedupe.Index(folder / f"{number}.idx", **settings, **lose) as index:
            for begin in range(0, len(texts), 10):
                batch = texts[begin : begin + 10]
                index.add([(begin + place, text) for place, text in enumerate(batch)])
            yield f"index, {named(settings)}", rows_of(index.duplicates())
    for number, settings in enumerate([*grid(unit=UNITS[1:]), *grid(unit=UNITS[:2], min_words=(3,))]):
        yield f"files, {named(settings)}", removed_and_written(texts, folder / f"files-{number}", {**settings, **lose})


ALL = tuple(name for name in COLLECTIONS if name not in LIKE)
Ask = Callable[[list[str], Path, Lose], Answers]
PLACES: dict[str, dict[str, tuple[Ask, tuple[str, ...], Lose]]] = {
    "answers": {
        "find": (find, ALL, WORDS),
        "unique": (unique, ALL, WORDS),
        "against": (against, (*SMALL, "none", "blank", "hostile", "full bucket"), WORDS),
        "index": (index, ON_DISK, WORDS),
        "files": (files, ON_DISK, WORDS),
        "clean": (clean, ALL, WORDS),
        "compare": (compare, ALL, {}),
        "merge": (merge, ALL, {}),
        "pipe": (pipe, ("hostile", "paragraphs 1"), WORDS),
        "large": (large, ("none",), WORDS),
    },
    "min_words": {"all places": (least_words, ON_DISK, WORDS)},
    "what differs": {
        "find by default": (find, (*SMALL, *LIKE), {}),
        "against by default": (against, LIKE, {}),
        "index by default": (index, (*LIKE, "edited 1"), {}),
        "files by default": (files, (*LIKE, "edited 1"), {}),
        "clean by default": (clean, (*SMALL, *LIKE, "hostile"), {}),
        "pipe by default": (pipe, LIKE, {}),
        "large by default": (large, ("none",), {}),
    },
}


def answers(section: str, place: str, collection: str) -> Answers:
    """The answers of one place on one collection, by their settings."""
    with tempfile.TemporaryDirectory() as folder:
        ask, _, lose = PLACES[section][place]
        yield from ask(COLLECTIONS[collection], Path(folder), lose)


def digest(answer: Answer) -> str:
    """Number of rows and a hash of them."""
    said = json.dumps(answer, sort_keys=True)
    return f"{len(answer)}:{hashlib.blake2b(said.encode(), digest_size=5).hexdigest()}"


def kept(section: str, place: str) -> dict[str, Any]:
    """All answers of a place, as they are kept: the settings once, and for each collection a line of digests."""
    lines: dict[str, Any] = {"settings": []}
    for collection in PLACES[section][place][1]:
        given = {settings: digest(answer) for settings, answer in answers(section, place, collection)}
        lines["settings"] = list(given)
        lines[collection] = " ".join(given.values())
    return lines


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What differs between the answers of a place, in words."""
    if before.get("settings") != now["settings"]:
        return ["the settings are others; write the file anew from code whose answers are known to be right"]
    return [
        f"{collection} · {settings}: {old} → {new}"
        for collection in now.keys() - {"settings"}
        for settings, old, new in zip(
            now["settings"], before.get(collection, "").split(), now[collection].split(), strict=True
        )
        if old != new
    ]


def main() -> None:
    """Compare, write or show."""
    parser = argparse.ArgumentParser(description="The golden file of answers.")
    parser.add_argument("--write", nargs="?", const="all", choices=["all", *PLACES])
    parser.add_argument("--show", nargs=2, metavar=("PLACE", "COLLECTION"))
    arguments = parser.parse_args()
    if arguments.show:
        place, collection = arguments.show
        section = next(section for section, places in PLACES.items() if place in places)
        for settings, answer in answers(section, place, collection):
            print(settings, *map(json.dumps, answer), sep="\n    ")
        return
    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    for section in PLACES if arguments.write in (None, "all") else [arguments.write]:
        before, golden[section] = golden.get(section, {}), {}
        for place in PLACES[section]:
            golden[section][place] = kept(section, place)
            if place in before:
                print(
                    *(f"{place} · {each}\n" for each in differences(before[place], golden[section][place])),
                    sep="",
                    end="",
                )
    if arguments.write:
        GOLDEN.write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main()
