"""The command line, run as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hostile import QUICK

import dedupe
from dedupe.cli.commands import main
from dedupe.report.terminal import one_line, word_diff
from dedupe.verbs.evaluate import evaluate

SEEDS = sorted(Path(__file__).parents[1].glob("seeds/0*.txt"))
LONG = "The river rose by three metres in the night and took the old bridge with it."


def run(*arguments: object, data: bytes = b"", code: int = 0, **settings: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "dedupe", *map(str, arguments)]
    done = subprocess.run(command, input=data, capture_output=True, check=False, **settings)
    assert done.returncode == code, done.stderr.decode()
    return done


def test_clean_prints_the_text_and_a_line_about_it() -> None:
    done = run("clean", SEEDS[1])
    assert done.stdout.decode() == dedupe.clean(SEEDS[1].read_bytes().decode())
    (line,) = done.stderr.decode().splitlines()
    assert "5 repeated blocks removed of 13" in line


def test_clean_reads_standard_input() -> None:
    done = run("clean", "-", data=f"{LONG}\r\n\r\n{LONG}\r\n".encode())
    assert done.stdout == f"{LONG}\r\n".encode()


def test_clean_writes_a_folder_and_a_report(tmp_path: Path) -> None:
    run("clean", *SEEDS, "-o", tmp_path / "cleaned", "--report", tmp_path / "report.json")

    report = json.loads((tmp_path / "report.json").read_bytes())
    assert [len(entry["removed"]) for entry in report] == [0, 5, 0, 0]
    for path, entry in zip(SEEDS, report, strict=True):
        cleaned = (tmp_path / "cleaned" / path.name).read_bytes().decode()
        assert dedupe.restore(cleaned, entry).encode() == path.read_bytes()
    assert sorted(os.listdir(tmp_path / "cleaned")) == [path.name for path in SEEDS]


def test_explain_says_why() -> None:
    shown = run("clean", SEEDS[1], "--explain").stderr.decode()
    assert "the same text as characters 136-198 (jaccard 1.00, rule: identical)" in shown


NOTES = "SQLite {} mends the query planner, which could give wrong answers for some joins of three tables."


def test_explain_marks_what_differs_in_blocks_that_stay() -> None:
    text = "\n\n".join(NOTES.format(version) for version in ("3.38.3", "3.38.4"))
    done = run("clean", "-", "--explain", data=text.encode())

    assert done.stdout == text.encode()
    assert done.stderr.decode().splitlines() == [
        "-: nothing repeated in 2 blocks; 1 variant stays",
        "  ~ characters 103-204 stay, a variant of 0-101: SQLite [-3.38.3-]{+3.38.4+} mends the query …",
    ]
    assert run("clean", "-", "--lose", "words", "--threshold", "0.7", data=text.encode()).stdout == text[:101].encode()


@pytest.mark.parametrize(
    ("left", "right", "shown"),
    [
        ("We use C here.", "We use C++ here.", "We use C{++++} here"),
        ("It was 5 degrees.", "It was -5 degrees.", "It was {+-+}5 degrees"),
        ("中国的首都是北京。", "中国的首都是南京。", "中国的首都是[-北-]{+南+}京"),
        ("a b c d e f g h i", "a b c d x f g h i", "… b c d [-e-]{+x+} f g h …"),
        ("\x1b[31mred", "\x1b[31mblue", "31[-mred-]{+mblue+}"),
        ("", "new", "{+new+}"),
        (" ".join("abcdefgh"), " ".join("stuvwxyz"), "[-a b c d e f g h-]{+s t u v w x y z+}"),
        (
            " ".join(f"to {n}" for n in range(9)),
            " ".join(f"to {n}0" for n in range(9)),
            " ".join(f"to [-{n}-]{{+{n}0+}}" for n in range(6)) + " to … and 3 more",
        ),
    ],
    ids=["symbol", "sign", "Chinese", "in the middle", "control characters", "empty", "all", "many"],
)
def test_what_differs_is_marked_with_words_beside_it(left: str, right: str, shown: str) -> None:
    assert word_diff(dedupe.compare(left, right).difference) == shown


@pytest.mark.parametrize("left", QUICK.values(), ids=QUICK.keys())
def test_what_differs_in_hostile_text_is_one_printable_line(left: str) -> None:
    for right in QUICK.values():
        shown = word_diff(dedupe.compare(left, right).difference)
        assert shown == one_line(shown, len(shown))


def test_find_lists_variants_under_its_table(tmp_path: Path) -> None:
    for name, version in (("a.txt", "3.38.3"), ("b.txt", "3.38.4")):
        (tmp_path / name).write_text(NOTES.format(version))
    shown = run("find", "a.txt", "b.txt", cwd=tmp_path).stdout.decode().splitlines()
    assert shown[0] == "Variants, both stay:"
    assert shown[3].split() == "0.947 a.txt b.txt SQLite [-3.38.3-]{+3.38.4+} mends the query …".split()
    assert shown[4].endswith("; 1 variant")

    found = json.loads(run("find", "a.txt", "b.txt", "--json", cwd=tmp_path).stdout)
    assert [run["right"] for run in found["variants"][0]["difference"]["runs"]] == ["3.38.4"]


def test_compare_says_what_the_difference_means(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(NOTES.format("3.38.3"))
    (tmp_path / "b").write_text(NOTES.format("3.38.4"))
    (tmp_path / "c").write_text(NOTES.format("3.38.3").upper())

    shown = run("compare", tmp_path / "a", tmp_path / "b").stdout.decode()
    assert "variant: they say different things: SQLite [-3.38.3-]{+3.38.4+} mends the query …" in shown
    assert "same: they say the same\n" in run("compare", tmp_path / "a", tmp_path / "c").stdout.decode()
    made = json.loads(run("compare", tmp_path / "a", tmp_path / "b", "--json").stdout)
    assert made["difference"]["verdict"] == "variant"


@pytest.mark.parametrize("command", ["clean", "find", "eval", "unique", "corpus", "index add"])
def test_every_command_with_options_says_what_may_be_lost(command: str) -> None:
    shown = CliRunner().invoke(main, [*command.split(), "--help"], env={"COLUMNS": "200"}).output
    assert "--lose TEXT" in shown
    assert "What may go with a copy: nothing, short, words." in " ".join(shown.split())


@pytest.mark.parametrize("text", QUICK.values(), ids=QUICK.keys())
def test_hostile_files_come_out_as_the_library_cleans_them(text: str, tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    done = CliRunner().invoke(main, ["clean", str(path), "-o", str(tmp_path / "out")])
    if any("\ud800" <= char <= "\udfff" for char in text):  # no text file in UTF-8 holds these
        assert done.exit_code == 2
        assert not (tmp_path / "out").exists()
    else:
        assert done.exit_code == 0
        assert (tmp_path / "out" / "in.txt").read_bytes() == dedupe.clean(text).encode()


def test_find_shows_a_table_or_json(tmp_path: Path) -> None:
    for name, text in (("a.txt", LONG), ("b.txt", LONG.upper()), ("c.txt", "Something else.")):
        (tmp_path / name).write_text(text)
    table = run("find", "a.txt", "b.txt", "c.txt", cwd=tmp_path).stdout.decode()
    assert "1.000       duplicate  a.txt  b.txt" in table
    assert "1 duplicate among 3 blocks of 3 documents" in table

    found = json.loads(run("find", "a.txt", "b.txt", "c.txt", "--json", cwd=tmp_path).stdout)
    assert found["files"] == ["a.txt", "b.txt", "c.txt"]
    assert found["duplicates"][0]["survivor"]["doc"] == 0


def test_compare_marks_what_is_shared(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("One two three four. 漢字 here.")
    (tmp_path / "b").write_text("Zero one two three four!")
    shown = run("compare", tmp_path / "a", tmp_path / "b", "--width", 90).stdout.decode()
    assert "[One two three four]. 漢字 here." in shown
    assert "Zero [one two three four]!" in shown
    assert "overlaps: jaccard" in shown
    assert json.loads(run("compare", tmp_path / "a", tmp_path / "b", "--json").stdout)["verdict"] == "overlaps"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["clean", "missing.txt"], "missing.txt: No such file or directory"),
        (["clean", "bad.txt", "-o", "out"], "bad.txt: byte 3 does not decode as utf-8 (found ff); name another"),
        (["clean", "good.txt", "bad.txt", "-o", "out"], "bad.txt: byte 3 does not decode"),
        (["clean", "good.txt", "good.txt"], "several files need a folder"),
        (["clean", "good.txt", "sub/good.txt", "-o", "out"], "would both be written to"),
        (["clean", "good.txt", "--threshold", "70"], "for 70 % write 0.7"),
        (["clean", "good.txt", "--unit", "paragraphs"], "did you mean 'paragraph'"),
        (["clean", "good.txt", "--encoding", "utf9"], "encoding must be one that Python knows, got 'utf9'"),
        (["find"], "Missing argument"),
        (["nothing"], "No such command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_errors_say_what_is_wrong_and_write_nothing(arguments: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("good.txt", "sub/good.txt"):
        (tmp_path / name).write_text("good")
    (tmp_path / "bad.txt").write_bytes(b"one\xff")

    done = run(*arguments, code=2, cwd=tmp_path)

    assert message in done.stderr.decode().replace("\n", " ")
    assert done.stdout == b""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("command", "settings"),
    [
        ("clean", dedupe.analyze("").settings),
        ("find", dedupe.find([]).settings),
        ("eval", evaluate(["a text"]).settings),
        ("compare", dedupe.find([]).settings),
    ],
    ids=["clean", "find", "eval", "compare"],
)
def test_help_tells_the_defaults_of_the_library(command: str, settings: dict[str, object]) -> None:
    options = main.get_command(click.Context(main), command).params
    told = {option.name: option.show_default for option in options if option.name in settings}
    told = {name: default.split(",")[0] for name, default in told.items() if isinstance(default, str)}
    assert told == {"threshold": "", **{name: str({**settings, "threads": "all processors"}[name]) for name in told}}


def test_a_character_that_the_terminal_lacks_is_shown_as_its_escape(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("漢字", "utf-8")
    done = run("compare", "a.txt", "a.txt", cwd=tmp_path, env={**os.environ, "PYTHONIOENCODING": "latin-1:strict"})
    assert rb"\u6f22\u5b57" in done.stdout


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_bytes("Ärger im Büro.".encode("latin-1"))
    done = run("clean", tmp_path / "old.txt", "--encoding", "latin-1")
    assert done.stdout == "Ärger im Büro.".encode("latin-1")


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("text")
    (tmp_path / "out").write_text("a file where a folder is wanted")
    done = run("clean", tmp_path / "in.txt", "-o", tmp_path / "out", code=2)
    assert b"out" in done.stderr
    assert (tmp_path / "out").read_text() == "a file where a folder is wanted"


def test_version_names_the_core_in_use() -> None:
    assert run("--version").stdout.decode().startswith(f"dedupe {dedupe.__version__} (dedupe-text, ")
    forced = run("--version", env={**os.environ, "DEDUPE_BACKEND": "numpy"}).stdout.decode()
    assert "numpy core" in forced
