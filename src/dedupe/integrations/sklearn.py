"""scikit-learn: near-duplicates as clusters."""

from __future__ import annotations

from typing import Any

import numpy as np

import dedupe
from dedupe.errors import InputError, OptionError
from dedupe.integrations._frameworks import require

require("sklearn", "sklearn.base")

from sklearn.base import BaseEstimator, ClusterMixin  # after the check

__all__ = ["NearDuplicates"]


class NearDuplicates(ClusterMixin, BaseEstimator):
    """Put near-duplicate texts into one cluster; a text that is like no other has one of its own.

    A Pipeline cannot drop rows, so this marks them: ``X[survivor_indices_]`` has one text of each cluster.

    Attributes:
        labels_: Array of shape (n_samples,), int64: the cluster of each text, from 0 on.
        survivor_indices_: Array of shape (n_clusters,), int64: the text of each cluster that all others of it match.
        similarities_: Array of shape (n_samples,), float64: to that text, 1 for itself.

    Examples:
        >>> NearDuplicates().fit_predict(["Rain fell all day.", "Nobody minded.", "rain fell all day"]).tolist()
        [0, 1, 0]
    """

    def __init__(
        self,
        *,
        threshold: float = 0.7,
        measure: str = "jaccard",
        width_words: int = 3,
        recall: float = 0.99,
        keep: Any = "first",
        lose: str | None = None,
        seed: int = 1,
    ) -> None:
        """Keep the settings; fit checks them. They mean what they do in :class:`dedupe.Options`."""
        self.threshold, self.measure, self.width_words = threshold, measure, width_words
        self.recall, self.keep, self.lose, self.seed = recall, keep, lose, seed

    def fit(self, X: Any, y: Any = None) -> NearDuplicates:  # scikit-learn's names
        """Cluster texts.

        Args:
            X: List, array or Series of str, of shape (n_samples,) or (n_samples, 1).
            y: Not used.

        Raises:
            InputError: `X` holds something other than text, has several columns, or is empty.
            OptionError: A setting breaks its rule, or the measure is ``coverage``, which makes no clusters.
        """
        texts = _texts(X)
        if self.measure == "coverage":
            raise OptionError(
                "measure='coverage' finds no duplicates, so each text would be alone; "
                "use 'jaccard', 'containment', 'ratio' or 'weighted'"
            )
        found = dedupe.find(texts, **self.get_params()).by_document()
        self.labels_, survivor = found["cluster"], found["survivor"]
        self.survivor_indices_ = np.flatnonzero(survivor == np.arange(survivor.size))
        self.similarities_ = np.where(np.isnan(found["similarity"]), 1.0, found["similarity"])
        return self

    def __sklearn_tags__(self) -> Any:
        """Texts in one dimension; numbers are refused."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags


def _texts(X: Any) -> list[Any]:
    values = X if isinstance(X, list) else np.asarray(X, dtype=object)
    if isinstance(values, np.ndarray):
        if values.ndim == 0 or values.ndim > 2 or (values.ndim == 2 and values.shape[1] != 1):
            raise InputError(f"X must be a list or one column of texts, got an array of shape {values.shape}")
        values = values.ravel().tolist()
    if not values:
        raise InputError("X has 0 samples; at least 1 text is needed")
    return values
