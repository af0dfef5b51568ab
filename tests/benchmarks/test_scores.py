"""The measures that the benchmarks report, worked out by hand."""

import json

import numpy as np
import pytest

from benchmarks import check, data, plots, report, scores, truth


def labels(*numbers: int) -> np.ndarray:
    """Cluster numbers as an array."""
    return np.array(numbers, np.int64)


def test_equal_clusterings_score_one() -> None:
    assert scores.clusters(labels(5, 5, 3, 3), labels(0, 0, 1, 1)) == (1.0, 1.0, 1.0, 1.0)


def test_pairs_of_clusters_by_hand() -> None:
    # found pairs: 01 02 12; true pairs: 01 23; right: 01
    score = scores.clusters(labels(0, 0, 0, 1), labels(0, 0, 1, 1))

    assert (score.precision, score.recall, score.f1) == (1 / 3, 1 / 2, 0.4)


def test_chance_agreement_scores_zero_by_adjusted_rand() -> None:
    # of the 6 pairs 2 are true, 2 claimed, none right: (0 - 4/6) / (2 - 4/6)
    score = scores.clusters(labels(0, 1, 0, 1), labels(0, 0, 1, 1))

    assert score.ari == pytest.approx(-0.5)


def test_matches_count_each_pair_once() -> None:
    score = scores.matches(labels(0, 0), labels(1, 2), labels(7, 7, 8, 8))

    assert (score.precision, score.recall) == (0.5, 0.5)


def test_components_follow_chains() -> None:
    assert scores.components(5, labels(0, 1, 3), labels(1, 2, 4)).tolist() == [0, 0, 0, 3, 3]


def test_area_is_the_mean_height() -> None:
    assert scores.area([0.0, 1.0, 2.0], [0.0, 1.0, 0.0]) == pytest.approx(0.5)


def test_truth_holds_every_pair_above_its_lowest(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("DEDUPE_BENCH_CACHE", str(tmp_path))
    texts = ["one two three four", "One, two three FIVE", "nothing in common here", ""]

    found = truth.exact(texts, 1)

    assert list(zip(found.left.tolist(), found.right.tolist(), found.jaccard.tolist(), strict=True)) == [(0, 1, 0.6)]
    assert truth.exact(texts, 1).jaccard.tolist() == [0.6]


def test_shingles_of_a_short_text_are_one() -> None:
    assert truth.shingles("Two words", 3) == {("two", "words")}
    assert truth.shingles("ก่อน", 1) == {("ก",), ("อ",), ("น",)}


def test_check_names_what_fell() -> None:
    baseline = {"quality/a/f1": 0.9, "count/b/compared": 100.0, "quality/missing/f1": 1.0}

    assert check.compare({"quality/a/f1": 0.895, "count/b/compared": 104.0}, baseline) == []
    assert len(check.compare({"quality/a/f1": 0.88, "count/b/compared": 106.0}, baseline)) == 2


def test_a_table_opens_with_what_it_does_not_show() -> None:
    table = report.Table("t", "Title", "the rest", {"seed": 1}, ["who", "s"], [["ours", 1.23456], ["x", float("nan")]])

    lines = table.markdown().splitlines()

    assert lines[2] == "Not shown: the rest"
    assert "| ours | 1.235 |" in lines
    assert "| x | – |" in lines


@pytest.mark.parametrize("log", ["", "xy"], ids=["linear", "logarithmic"])
def test_a_plot_is_well_formed(log: str) -> None:
    from xml.etree import ElementTree

    plot = {
        "x": "a & b",
        "y": "s",
        "log": log,
        "series": {"one": [[1, 10], [100, 20]], "flat": [[1, 5], [2, 5]], "none": []},
    }

    assert ElementTree.fromstring(plots.svg("Title <1>", plot)).tag.endswith("svg")


def test_quality_and_counts_do_not_fall_below_the_baseline(monkeypatch) -> None:
    # without the labelled sets, so that the same figures are compared on every machine
    monkeypatch.setenv("DEDUPE_DATA", "no such folder")
    baseline = json.loads((data.ROOT / "benchmarks" / "baseline.json").read_text("utf-8"))

    figures = check.measure()

    assert len(figures.keys() & baseline.keys()) >= 8
    assert check.compare(figures, baseline) == []
