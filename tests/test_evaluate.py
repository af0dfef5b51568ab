"""Expected recall and precision from planted copies, and the command that shows them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from dedupe.cli.evaluate import eval_command
from dedupe.errors import InputError, OptionError
from dedupe.verbs.evaluate import evaluate

WORDS = "stone river quiet engine paper yellow window garden silver motion letter harbor candle winter forest".split()


def texts(count: int) -> list[str]:
    """Texts that share words but no long run of them."""
    return [
        " ".join(f"{WORDS[(n * (k + 3) + k * k) % len(WORDS)]}{(n * 7 + k) % 97}" for k in range(40))
        for n in range(count)
    ]


def test_copies_in_other_form_are_all_found() -> None:
    result = evaluate(texts(30), rate=1.0, strengths={"exact": [1.0], "case": [1.0], "wrap": [1.0]})

    assert (result.planted, result.found, result.wrong) == (30, 30, 0)
    assert (result.recall, result.precision, result.recall_at_threshold) == (1.0, 1.0, 1.0)


def test_copies_below_the_threshold_are_not_held_against_the_index() -> None:
    result = evaluate(texts(30), rate=1.0, strengths={"words": [0.9]})

    assert result.found == 0
    assert result.reaching == 0
    assert result.recall_at_threshold is None


def test_each_kind_and_strength_has_a_row() -> None:
    result = evaluate(texts(20), rate=0.5, strengths={"exact": [1.0], "words": [0.05, 0.5]})

    assert [(row.kind, row.strength, row.planted) for row in result.kinds] == [
        ("exact", 1.0, 4),
        ("words", 0.05, 3),
        ("words", 0.5, 3),
    ]
    assert result.kinds[0].similarity == 1.0


def test_duplicates_that_were_there_before_are_no_mistake() -> None:
    own = texts(20)

    result = evaluate([*own, *own], rate=0.5, strengths={"exact": [1.0]})

    assert result.wrong == 0
    assert result.recall == 1.0


@pytest.mark.parametrize("keep", ["first", "last", "longest"])
def test_any_keep_policy_finds_the_same_share(keep: str) -> None:
    assert evaluate(texts(20), rate=1.0, strengths={"tail": [0.05]}, keep=keep, lose="words").recall == 1.0


def test_copies_that_say_something_else_need_not_be_found_where_nothing_may_be_lost() -> None:
    result = evaluate(texts(30), rate=1.0, strengths={"case": [1.0], "tail": [0.05]})

    assert [(row.kind, row.planted, row.found) for row in result.kinds] == [("case", 15, 15), ("tail", 15, 0)]
    assert (result.reaching, result.reaching_found, result.recall_at_threshold) == (15, 15, 1.0)
    assert result.kinds[1].similarity > 0.7


def test_only_whole_texts_are_planted() -> None:
    with pytest.raises(OptionError, match="unit must be 'document', got 'line'"):
        evaluate(texts(3), unit="line")


def test_a_measure_without_duplicates_is_refused() -> None:
    with pytest.raises(OptionError, match=r"in evaluate measure must be one of .*, got 'coverage'"):
        evaluate(texts(3), measure="coverage")


def test_result_is_plain_json() -> None:
    plain = json.loads(json.dumps(evaluate(texts(10), rate=0.5).to_dict()))

    assert plain["format"] == "dedupe.evaluation"
    assert plain["planted"] == 5


def test_command_reads_json_lines_and_prints_a_table(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join(json.dumps({"body": text}) for text in texts(40)), "utf-8")

    done = CliRunner().invoke(eval_command, [str(path), "--text", "body", "--rate", "1"])

    assert done.exit_code == 0, done.output
    assert "40 copies planted among 40 texts" in done.output
    assert "put with the right text        100.0 %" in done.output


def test_command_prints_json(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join(json.dumps({"text": text}) for text in texts(10)), "utf-8")

    done = CliRunner().invoke(eval_command, [str(path), "--json"])

    assert json.loads(done.output)["texts"] == 10


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: not JSON"),
        ('{"body": "x"}', "no text in field 'text' .it has: body"),
        ("3", "line 1: a JSON object is needed, got int"),
    ],
    ids=["broken", "other field", "no object"],
)
def test_command_names_the_line_that_is_wrong(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text(line, "utf-8")

    with pytest.raises(InputError, match=message):
        CliRunner().invoke(eval_command, [str(path)], catch_exceptions=False)
