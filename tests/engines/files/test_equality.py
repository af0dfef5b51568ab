"""The survivors over files are those of `dedupe.find` on the same texts."""

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dedupe
from dedupe.engines.files import clean_files, job
from dedupe.engines.files.job import Job
from dedupe.engines.files.matching import candidates

WORDS = [f"w{number}" for number in range(400)]


def planted(n_texts: int, seed: int) -> list[str]:
    """Texts with copies, edited copies, chains of edits, short, blank and wordless ones among them."""
    draw = random.Random(seed)
    texts: list[str] = []
    for number in range(n_texts):
        kind = draw.random()
        words = draw.choices(WORDS, k=draw.choice((3, 12, 60, 200)))
        if texts and kind < 0.45:
            words = draw.choice(texts).split()
            for _ in range(draw.choice((0, 1, 1, 2, 8)) if words else 0):
                words[draw.randrange(len(words))] = draw.choice(WORDS)
        text = " ".join(words)
        text = {0: "", 1: " \n ", 2: "!!!", 3: text.upper()}.get(number % 37, text)
        texts.append(text if kind < 0.9 else text.replace(" w1", "\n\nw1"))
    return texts


def write(folder: Path, texts: list[str], n_files: int) -> list[str]:
    """Put texts into some JSONL files; returns their paths."""
    folder.mkdir()
    size = -(-len(texts) // n_files)
    paths = []
    for number in range(n_files):
        rows = [json.dumps({"id": i, "text": text}) for i, text in enumerate(texts)]
        path = folder / f"part-{number}.jsonl"
        path.write_text("".join(row + "\n" for row in rows[number * size : (number + 1) * size]))
        paths.append(str(path))
    return paths


def kept_ids(folder: Path) -> list[int]:
    """The ids that came out, file after file."""
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line)["id"] for file in files for line in file.read_text().splitlines()]


def expected_ids(texts: list[str], **settings: object) -> list[int]:
    """The ids that `find` lets stay."""
    gone = set(dedupe.find(texts, **settings).duplicate_documents().tolist())
    return [number for number in range(len(texts)) if number not in gone]


@pytest.fixture
def scarce(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave so little memory that every stage works in parts, and large groups are walked in parts."""
    monkeypatch.setattr(Job, "budget_bytes", property(lambda self: 40_000))


@pytest.mark.usefixtures("scarce")
@pytest.mark.parametrize("keep", ["first", "last", "longest"])
@pytest.mark.parametrize("threshold", [0.4, 0.7, 1.0])
def test_survivors_do_not_depend_on_memory(tmp_path: Path, keep: str, threshold: float) -> None:
    texts = planted(900, seed=5)
    paths = write(tmp_path / "in", texts, 2)

    clean_files(paths, tmp_path / "out", keep=keep, threshold=threshold)

    assert kept_ids(tmp_path / "out") == expected_ids(texts, keep=keep, threshold=threshold)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_survivors_do_not_depend_on_threads(tmp_path: Path, threads: int) -> None:
    texts = planted(300, seed=7)
    paths = write(tmp_path / "in", texts, 2)

    clean_files(paths, tmp_path / "out", threads=threads)

    assert kept_ids(tmp_path / "out") == expected_ids(texts)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_longest_survivors_do_not_depend_on_input_order(tmp_path: Path, order: int) -> None:
    texts = [text + " x" * number for number, text in enumerate(planted(200, seed=9))]
    shuffled = random.Random(order).sample(texts, len(texts))
    clean_files(write(tmp_path / "one", texts, 1), tmp_path / "a", keep="longest")
    clean_files(write(tmp_path / "other", shuffled, 1), tmp_path / "b", keep="longest")

    kept = sorted(texts[i] for i in kept_ids(tmp_path / "a"))

    assert kept == sorted(shuffled[i] for i in kept_ids(tmp_path / "b"))


@pytest.mark.parametrize(
    ("policy", "kind"),
    [
        *((policy, kind) for policy in ("newest", "oldest") for kind in ("numbers", "dates", "times")),
        ("highest", "numbers"),
    ],
)
def test_a_column_decides_as_in_find_on_a_frame(tmp_path: Path, policy: str, kind: str) -> None:
    texts, draw = planted(300, 8), random.Random(9)
    values = {
        "numbers": [draw.choice((None, draw.randrange(9), draw.random())) for _ in texts],
        "dates": [draw.choice((None, f"2024-{draw.randrange(1, 13):02}-0{draw.randrange(1, 10)}")) for _ in texts],
        "times": [f"2024-12-19T{draw.randrange(24):02}:00:00.{draw.randrange(10**6):06}" for _ in texts],
    }[kind]
    rows = [{"id": n, "text": text, "at": at} for n, (text, at) in enumerate(zip(texts, values, strict=True))]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    frame = pa.table({"text": texts, "at": values})

    clean_files(tmp_path / "in.jsonl", tmp_path / "out", keep=f"{policy}:at")

    expected = dedupe.find(frame, text="text", keep=f"{policy}:at").duplicate_documents().tolist()
    assert kept_ids(tmp_path / "out") == [row["id"] for row in rows if row["id"] not in expected]


@pytest.mark.parametrize(
    ("name", "content", "keep", "message"),
    [
        (
            "in.jsonl",
            '{"text": "a b", "score": 1}\n',
            "highest:scroe",
            "'scroe'.*'text', 'score'; did you mean 'score'",
        ),
        ("in.csv", "text,score\na b,1\n", "highest:scroe", "no column 'scroe'; there are: 'text', 'score'"),
        (
            "in.jsonl",
            '{"text": "a b", "day": "soon"}\n',
            "newest:day",
            "in.jsonl:1: column 'day' is 'soon', .* ISO 8601",
        ),
        ("in.jsonl", '{"text": "a b", "score": [1]}\n', "highest:score", r"column 'score' is \[1\], .* needs numbers"),
    ],
    ids=["unknown", "unknown in a header", "no time", "no number"],
)
def test_a_column_that_cannot_decide_is_named(tmp_path: Path, name: str, content: str, keep: str, message: str) -> None:
    (tmp_path / name).write_text(content)

    with pytest.raises(dedupe.InputError, match=message):
        clean_files(tmp_path / name, tmp_path / "out", keep=keep)


def test_numbers_in_text_are_compared_as_numbers(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,score\na b,9\na b,10\na b,\n")

    clean_files(tmp_path / "in.csv", tmp_path / "out", keep="highest:score")

    assert (tmp_path / "out/in.csv").read_text() == "text,score\na b,10\n"


@pytest.mark.usefixtures("scarce")
def test_groups_are_walked_in_parts_when_memory_is_scarce(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(candidates, "partitions", lambda *given: seen.append(job_parts(*given)) or seen[-1])
    texts = planted(900, seed=5)

    clean_files(write(tmp_path / "in", texts, 1), tmp_path / "out")

    assert max(seen) > 2


def job_parts(n_rows: int, row_bytes: int, limit_bytes: int) -> int:
    """The real number of parts."""
    return max(1, -(-n_rows * row_bytes // limit_bytes))


def test_the_least_memory_is_named() -> None:
    with pytest.raises(dedupe.OptionError, match="memory must be at least 256MB"):
        clean_files("x", "y", memory=job.LEAST_MEMORY - 1)


@pytest.mark.parametrize("known", [None, 3, ["a text"], "no-index"], ids=str)
def test_against_is_an_index_or_its_path(tmp_path: Path, known: Any) -> None:
    with dedupe.Index(tmp_path / "old") as index:
        index.add([("old", "Rain fell all day long.")])
    paths = write(tmp_path / "in", ["rain fell, all day long", "The sun shone at last."], 1)
    for number, against in enumerate([index, tmp_path / "old", str(tmp_path / "old")]):
        clean_files(paths, tmp_path / f"out-{number}", against=against)
        assert kept_ids(tmp_path / f"out-{number}") == [1]
        assert dedupe.unique(["rain fell, all day long", "Sun."], against=against) == ["Sun."]

    if known is not None:
        with pytest.raises(dedupe.InputError, match=r"no folder of an index.*dedupe\.Index\(path\)"):
            clean_files(paths, tmp_path / "out", against=known)


@pytest.mark.parametrize("memory", ["plenty", "scarce"])
@pytest.mark.parametrize("keep", ["first", "longest"])
@pytest.mark.parametrize("seed", [1, 4, 5])
def test_what_goes_beside_an_index_is_what_find_says(
    tmp_path: Path, seed: int, keep: str, memory: str, request: pytest.FixtureRequest
) -> None:
    if memory == "scarce":
        request.getfixturevalue("scarce")
    texts = random.Random(seed).sample(planted(500, seed), 500)
    old, new = texts[:200], texts[200:]  # with duplicates on both sides, and chains between them
    with dedupe.Index(tmp_path / "old") as index:
        index.add(list(enumerate(old)))
        found = dedupe.find(new, against=index, keep=keep)

    clean_files(write(tmp_path / "in", new, 2), tmp_path / "out", against=str(tmp_path / "old"), keep=keep, id="id")

    listed = [json.loads(line) for line in (tmp_path / "out/_dedupe/removed.jsonl").read_text().splitlines()]
    gone = {int(one["id"]): (one["survivor"]["id"], one["similarity"]) for one in listed}
    expected = {one.block.doc: (one.survivor.doc, round(one.similarity, 6)) for one in found.duplicates}
    named = {doc: (survivor[1] if isinstance(survivor, tuple) else str(survivor), score)
             for doc, (survivor, score) in expected.items()}  # fmt: skip
    assert kept_ids(tmp_path / "out") == [number for number in range(len(new)) if number not in expected]
    assert {doc: (str(survivor), score) for doc, (survivor, score) in gone.items()} == {
        doc: (str(survivor), score) for doc, (survivor, score) in named.items()
    }


def test_a_run_beside_an_index_goes_on_with_the_survivors_it_found(tmp_path: Path) -> None:
    texts = random.Random(4).sample(planted(500, 4), 500)
    with dedupe.Index(tmp_path / "old") as index:
        index.add(list(enumerate(texts[:200])))
    paths = write(tmp_path / "in", texts[200:], 2)
    clean_files(paths, tmp_path / "whole", against=index)

    with pytest.raises(dedupe.LossError):
        clean_files(paths, tmp_path / "out", against=index, max_loss=0.0)
    clean_files(paths, tmp_path / "out", against=index, resume=True)

    listed = [(tmp_path / out / "_dedupe/removed.jsonl").read_text() for out in ("whole", "out")]
    assert listed[0] == listed[1]


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8, 0.95, 1.0])
@pytest.mark.parametrize("width_words", [1, 3])
def test_short_and_repetitive_texts_lose_nothing_by_having_fewer_keys(
    tmp_path: Path, threshold: float, width_words: int
) -> None:
    draw = random.Random(17)
    texts = [" ".join(draw.choices("abc", k=draw.randint(0, 9))) for _ in range(400)]
    settings = {"threshold": threshold, "width_words": width_words}

    clean_files(write(tmp_path / "in", texts, 2), tmp_path / "out", **settings)

    assert kept_ids(tmp_path / "out") == expected_ids(texts, **settings)
