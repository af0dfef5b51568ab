"""Options: what is refused, and what the message says."""

import inspect
from dataclasses import fields, replace

import pytest

import dedupe


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
    chosen = dedupe.Options(unit="document", threshold=0.5)
    assert dedupe.unique(texts, options=chosen) == dedupe.unique(texts, threshold=0.5) == texts[:1]
    assert dedupe.unique(texts, options=replace(chosen, threshold=0.9)) == texts


def test_every_option_is_explained() -> None:
    for field in fields(dedupe.Options):
        assert f"\n    {field.name}: " in inspect.getdoc(dedupe.Options)
