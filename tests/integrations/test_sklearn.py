"""scikit-learn: labels, and its contract for estimators."""

import warnings

import numpy as np
import pandas as pd
import pytest
from integrations.stories import BRIDGE, BRIDGE_AGAIN, BRIDGE_LATER, LIBRARY
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.utils import estimator_checks

import dedupe
from dedupe.integrations.sklearn import NearDuplicates

TEXTS = [BRIDGE, LIBRARY, BRIDGE_AGAIN, "", ""]


@pytest.mark.parametrize(
    "texts",
    [TEXTS, np.array(TEXTS), np.array(TEXTS, object)[:, None], pd.Series(TEXTS), pd.DataFrame({"text": TEXTS})],
    ids=["list", "array", "one column", "Series", "DataFrame"],
)
def test_near_duplicates_share_a_label(texts):
    model = NearDuplicates()

    labels = model.fit_predict(texts)

    assert labels.tolist() == [0, 1, 0, 2, 3]
    assert model.survivor_indices_.tolist() == [0, 1, 3, 4]
    assert model.similarities_.tolist() == [1.0] * 5
    assert adjusted_rand_score([0, 1, 0, 2, 3], labels) == 1.0


def test_a_text_with_another_fact_is_alone_unless_the_threshold_decides():
    texts = [BRIDGE, LIBRARY, BRIDGE_LATER]

    assert NearDuplicates().fit_predict(texts).tolist() == [0, 1, 2]
    model = NearDuplicates(lose="words")
    assert model.fit_predict(texts).tolist() == [0, 1, 0]
    assert model.similarities_.round(2).tolist() == [1.0, 1.0, 0.71]


def test_the_survivor_follows_the_policy():
    assert NearDuplicates(keep="last").fit(TEXTS).survivor_indices_.tolist() == [1, 2, 3, 4]


def test_the_estimator_keeps_its_contract():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)  # most checks are for tables of numbers
        estimator_checks.check_estimator(NearDuplicates())


@pytest.mark.parametrize(
    "check",
    [
        "check_estimator_cloneable",
        "check_estimator_repr",
        "check_estimator_tags_renamed",
        "check_get_params_invariance",
        "check_mixin_order",
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_valid_tag_types",
    ],
)
def test_each_check_that_needs_no_numbers_passes(check):
    getattr(estimator_checks, check)("NearDuplicates", NearDuplicates())


def test_a_clone_is_unfitted_and_gives_the_same():
    model = NearDuplicates(threshold=0.9, lose="words").fit(TEXTS)

    again = clone(model)

    assert not hasattr(again, "labels_")
    assert again.fit(TEXTS).labels_.tolist() == model.labels_.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "0 samples"),
        (np.zeros((3, 2)), "one column of texts"),
        ([1.0, 2.0], "not str"),
        ([BRIDGE, None], "is None"),
    ],
    ids=["nothing", "a table", "numbers", "None"],
)
def test_what_is_no_text_is_refused(texts, message):
    with pytest.raises(dedupe.InputError, match=message):
        NearDuplicates().fit(texts)


def test_settings_are_checked_when_fitting():
    with pytest.raises(dedupe.OptionError, match=r"write 0\.7"):
        NearDuplicates(threshold=70).fit(TEXTS)


def test_a_measure_without_duplicates_makes_no_clusters():
    with pytest.raises(dedupe.OptionError, match="measure='coverage' finds no duplicates"):
        NearDuplicates(measure="coverage").fit(TEXTS)
