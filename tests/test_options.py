"""Options: what is refused, and what the message says."""

import inspect
import json
import random
import tempfile
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

import dedupe
from dedupe.cli.options import default_of
from dedupe.matching.recipe import PLACES, options_in
from dedupe.options import DESCRIPTIONS
from dedupe.verbs.evaluate import evaluate


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": 70}, "threshold must be a number above 0 and up to 1, got 70; for 70 % write 0.7"),
        ({"threshold": 0}, "got 0; the nearest useful value is 0.01"),
        ({"threshold": -1}, "got -1; the nearest useful value is 0.01"),
        ({"threshold": 1000.0}, "got 1000.0; the nearest useful value is 1.0"),
        ({"threshold": float("nan")}, "threshold must be a number above 0 and up to 1, got nan"),
        ({"threshold": "0.8"}, "threshold must be a number above 0 and up to 1, got '0.8'"),
        ({"threshold": True}, "got True"),
        ({"recall": 1.0}, "recall must be a number above 0 and below 1, got 1.0; the nearest useful value is 0.999"),
        ({"unit": "paragraphs"}, "got 'paragraphs'; did you mean 'paragraph'"),
        ({"keep": "newst"}, "keep must be one of 'first', 'last', 'longest'"),
        ({"measure": "jacard"}, "did you mean 'jaccard'"),
        ({"pairs": "every"}, "pairs must be one of 'survivors', 'all', got 'every'"),
        ({"width_words": 0}, "width_words must be a whole number from 1 to 64, got 0; the nearest valid value is 1"),
        ({"width_words": 2.5}, "got 2.5"),
        ({"min_words": -1}, "got -1; the nearest valid value is 0"),
        ({"seed": 2**32}, "seed must be a whole number from 0 to 4294967295"),
        ({"threads": 0}, "threads must be a whole number from 1 to 1024, got 0"),
        ({"treshold": 0.5}, "unknown option 'treshold'; known: .*did you mean 'threshold'"),
        ({"linkage": "complete", "measure": "ratio"}, "linkage='complete' needs the measure 'jaccard' or 'weighted'"),
        ({"lose": "form"}, "lose must be one of 'nothing', 'short', 'words', got 'form'"),
        ({"lose": "nothing", "measure": "ratio"}, "lose='nothing' needs measure='jaccard' and linkage='survivor'"),
        ({"lose": "short", "linkage": "single"}, "got measure='jaccard' and linkage='single'; with others the thres"),
        (
            {"lose": "nothing", "width_words": 5},
            "width_words=5 has no effect with lose='nothing', .*leave width_words out, or add lose='words'",
        ),
        ({"unit": "line", "width_words": 2}, "width_words=2 has no effect with lose='nothing'"),
        ({"options": {"threshold": 0.5}}, "options must be a dedupe.Options, got dict"),
        ({"options": dedupe.Options(), "seed": 3}, "options= and seed= were both given"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_option_names_value_rule_and_way_out(settings: dict[str, object], message: str) -> None:
    for verb, argument in ((dedupe.clean, "text"), (dedupe.find, ["text"]), (dedupe.unique, ["text"])):
        with pytest.raises(dedupe.OptionError, match=message):
            verb(argument, **settings)


@pytest.mark.parametrize("measure", ["weighted", "coverage"])
def test_what_needs_a_collection_is_refused_inside_a_document(measure: str) -> None:
    with pytest.raises(
        dedupe.OptionError,
        match=f"inside a text measure must be one of .*, got '{measure}'; others measure rarity on a collection",
    ):
        dedupe.clean("one two three", measure=measure)


def test_a_keep_function_must_return_numbers() -> None:
    with pytest.raises(dedupe.OptionError, match="keep must return a number for each block, got None"):
        dedupe.unique(["a b c", "d e f"], keep=lambda block: None)


def test_options_in_one_object_mean_the_same_as_keywords() -> None:
    texts = ["one two three four five", "one two three four six"]
    chosen = dedupe.Options(unit="document", threshold=0.5, lose="words")
    assert dedupe.unique(texts, options=chosen) == dedupe.unique(texts, threshold=0.5, lose="words") == texts[:1]
    assert dedupe.unique(texts, options=replace(chosen, threshold=0.9)) == texts


def test_every_option_is_explained() -> None:
    for field in fields(dedupe.Options):
        assert f"\n    {field.name}: " in inspect.getdoc(dedupe.Options)


PAGE = Path(__file__).parents[1] / "docs" / "options.md"
COLUMNS = {
    "find": "`find`",
    "unique": "`unique`",
    "coverage": '`find`, `measure="coverage"`',
    "clean": "`clean`, `analyze`, `clean_many`",
    "files": "`unique_files`",
    "index": "`Index`",
    "spark": "Spark",
    "compare": "`compare`",
    "evaluate": "`evaluate`",
}


def cell(place: str, name: str) -> str:
    """What the table says about an option in a place."""
    allowed = PLACES[place].only.get(name, ())
    if name in PLACES[place].unused:
        return "–"
    if len(allowed) == 1:
        return f"only {allowed[0]}"
    usual = default_of(place, name)
    others = [choice for choice in allowed if choice != usual]
    return f"{usual}, also {', '.join(others)}" if others else usual


def test_the_table_in_the_docs_is_that_of_the_library() -> None:
    rows = [["option", "values", *COLUMNS.values()], ["---"] * (2 + len(COLUMNS))]
    rows += [
        [f"`{name}`", about.values, *(cell(place, name) for place in COLUMNS)] for name, about in DESCRIPTIONS.items()
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)

    assert table in PAGE.read_text("utf-8"), f"docs/options.md needs this table:\n{table}"


def families(n_families: int = 12) -> list[list[str]]:
    """Texts in chains, each one word from the one before; the last goes on with a paragraph of its own."""
    draw = random.Random(3)
    made = []
    for _ in range(n_families):
        words = [f"w{draw.randrange(10**6)}" for _ in range(30)]
        chain = [" ".join(words)]
        for _ in range(5):
            words[draw.randrange(len(words))] = f"w{draw.randrange(10**6)}"
            chain.append(" ".join(words) + " !" * draw.randrange(9))
        made.append([*chain, chain[0] + "\n\n" + " ".join(f"w{draw.randrange(10**6)}" for _ in range(30))])
    return made


FAMILIES = families()
TEXTS = [text for family in FAMILIES for text in family]
LOW = {"recall": 0.5, "lose": "words"}  # so that the seed decides which pairs are found, and each option counts


def in_find(folder: Path, **settings: Any) -> object:
    found = dedupe.find(TEXTS, **{**LOW, **settings})
    return [(one.block, one.survivor, one.similarity) for one in found.duplicates], found.matches


def in_coverage(folder: Path, **settings: Any) -> object:
    found = dedupe.find(TEXTS[:20], **{"measure": "coverage", **settings})
    return [(one.left, one.right) for one in found.matches]


def in_unique(folder: Path, **settings: Any) -> object:
    return dedupe.unique(TEXTS, **{**LOW, **settings})


def in_clean(folder: Path, **settings: Any) -> object:
    return dedupe.clean_many(
        ["\n\n".join(text.replace("\n\n", "\n") for text in family) for family in FAMILIES], **{**LOW, **settings}
    )


def in_compare(folder: Path, **settings: Any) -> object:
    return dedupe.compare(TEXTS[0], TEXTS[1], **settings)


def in_evaluate(folder: Path, **settings: Any) -> object:
    plain = evaluate(TEXTS, **{**LOW, **settings}).to_dict()
    return {name: value for name, value in plain.items() if name not in ("elapsed_s", "peak_bytes", "settings")}


def in_files(folder: Path, **settings: Any) -> object:
    (folder / "in.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    output = Path(tempfile.mkdtemp(dir=folder)) / "out.jsonl"
    dedupe.unique_files(folder / "in.jsonl", output, **{**LOW, **settings})
    return (output / "in.jsonl" if output.is_dir() else output).read_text()


def in_index(folder: Path, **settings: Any) -> object:
    with dedupe.Index(tempfile.mkdtemp(dir=folder) + "/made.idx", **{**LOW, **settings}) as index:
        return [(one.block, one.survivor) for one in index.add(enumerate(TEXTS)).duplicates]


OTHER = {
    "unit": "line",
    "measure": "containment",
    "threshold": 0.99,
    "linkage": "single",
    "width_words": 1,
    "recall": 0.01,
    "keep": "longest",
    "pairs": "all",
    "min_words": 1000,
    "lose": "nothing",
    "seed": 7,
}
WAYS = {
    "find": in_find,
    "coverage": in_coverage,
    "unique": in_unique,
    "clean": in_clean,
    "compare": in_compare,
    "evaluate": in_evaluate,
    "files": in_files,
    "index": in_index,
}


# Of coverage the measure is what makes the place.
PAIRS = [(place, name) for place in WAYS for name in OTHER if (place, name) != ("coverage", "measure")]


@pytest.mark.parametrize(("place", "name"), [(place, name) for place, name in PAIRS if name in options_in(place)])
def test_an_option_that_holds_changes_the_result(place: str, name: str, tmp_path: Path) -> None:
    usual = WAYS[place](tmp_path)

    assert WAYS[place](tmp_path, **{name: OTHER[name]}) != usual


@pytest.mark.parametrize(("place", "name"), [(place, name) for place, name in PAIRS if name not in options_in(place)])
def test_an_option_that_does_not_hold_is_refused(place: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(dedupe.OptionError, match=name):
        WAYS[place](tmp_path, **{name: OTHER[name]})


STORY = "The river rose by three metres in the night and took the old wooden bridge near the market with it".split()


def slips(n_families: int = 40) -> list[str]:
    """Texts of one sentence each, a copy with two letters exchanged in some words, and a copy with a sentence more."""
    draw = random.Random(5)
    made = []
    for number in range(n_families):
        words = [f"{number}{'x' * number}", *draw.sample(STORY, 11)]
        slipped = [
            word[:1] + word[2] + word[1] + word[3:] if len(word) > 4 and draw.random() < 0.7 else word for word in words
        ]
        made += [" ".join(words) + ".", " ".join(slipped) + ".", " ".join(words) + ". Nobody was hurt."]
    return made


@pytest.mark.parametrize(
    "settings",
    [{"threshold": 0.9}, {"recall": 0.01}, {"keep": "first"}, {"min_words": 13}, {"seed": 7}, {"pairs": "all"}],
    ids=str,
)
def test_other_options_hold_where_nothing_may_be_lost(settings: dict[str, Any]) -> None:
    texts = slips()
    low = {"recall": 0.5, "lose": "nothing", "keep": "longest"}

    def matches(**more: Any) -> list[tuple[int, int]]:
        return [(pair.left.doc, pair.right.doc) for pair in dedupe.find(texts, **{**low, **more}).matches]

    assert matches(**settings) != matches()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "short"),
        ({"unit": "paragraph"}, "nothing"),
        ({"unit": "line", "lose": "short"}, "short"),
        ({"measure": "containment"}, "words"),
        ({"linkage": "complete"}, "words"),
        ({"unit": "sentence", "measure": "weighted"}, "words"),
    ],
    ids=str,
)
def test_what_may_be_lost_follows_from_unit_measure_and_linkage(settings: dict[str, Any], expected: str) -> None:
    assert dedupe.find([], **settings).settings["lose"] == expected


@pytest.mark.parametrize("place", WAYS)
def test_the_number_of_threads_changes_nothing(place: str, tmp_path: Path) -> None:
    assert WAYS[place](tmp_path, threads=1) == WAYS[place](tmp_path, threads=2)


def test_compare_says_that_an_option_has_no_effect() -> None:
    with pytest.raises(dedupe.OptionError, match="unit='line' has no effect in compare; leave unit out"):
        dedupe.compare("a b", "a c", unit="line")


def test_one_object_of_options_serves_all_verbs() -> None:
    chosen = dedupe.Options(unit="document", threshold=0.5, threads=1)

    assert dedupe.compare("one two three four", "one two three five", options=chosen).verdict == "contained"
    assert dedupe.unique(["one two", "one two"], options=chosen) == ["one two"]
