"""What an index decides by: settings that are stored with it, and never change."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dedupe.core.bands import Plan
from dedupe.core.hashing import new_key
from dedupe.core.text import unicode
from dedupe.errors import DedupeError, OptionError
from dedupe.matching.recipe import Recipe
from dedupe.options import DESCRIPTIONS, Options

# `threads` belongs to a call; linkage and pairs have one value each in an index.
_STORED = tuple(name for name in DESCRIPTIONS if name not in ("linkage", "pairs", "threads"))


class Rules(NamedTuple):
    """What an index decides by.

    Attributes:
        recipe: All settings, bands and rows.
        store_text: Whether texts are kept.
    """

    recipe: Recipe
    store_text: bool

    @property
    def options(self) -> Options:
        """The options of the recipe."""
        return self.recipe.options

    @property
    def plan(self) -> Plan:
        """The bands and rows of the recipe."""
        return self.recipe.plan


def new_rules(options: Options | None, settings: Mapping[str, Any], store_text: bool | None) -> Rules:
    """The rules of a new index; without texts, what differs cannot be looked at.

    Raises:
        OptionError: Nothing may be lost, and no text is kept.
    """
    keeps_text = store_text is not False
    if not keeps_text and options is None and "lose" not in settings:
        settings = {**settings, "lose": "words"}
    recipe = Recipe.of("index", options, settings)
    if not keeps_text and recipe.options.lose != "words":
        raise OptionError(
            f"lose={recipe.options.lose!r} looks at texts, and store_text=False keeps none; "
            "give lose='words', or let the index keep its texts"
        )
    return Rules(replace(recipe, secret=new_key()), keeps_text)


def plain(rules: Rules) -> dict[str, Any]:
    """The rules as values for JSON, as they are stored and compared."""
    options = rules.options.to_dict()
    return {
        **{name: options[name] for name in _STORED},
        "store_text": rules.store_text,
        "n_bands": rules.plan.n_bands,
        "n_rows": rules.plan.n_rows,
        "hashes": hashes_version(),
        "secret": rules.recipe.secret,
    }


@lru_cache(maxsize=1)
def hashes_version() -> str:
    """Names the hashes that texts get: the contract of the core, and the table of characters."""
    check = 0
    for array in unicode.table():
        check = zlib.crc32(np.ascontiguousarray(array).data, check)
    return f"2-{check:08x}"


def rules_of(path: Path, stored: Mapping[str, Any], threads: int | None) -> Rules:
    """The rules that were stored.

    Raises:
        DedupeError: The index was made by a version that hashes texts in another way.
    """
    if stored["hashes"] != hashes_version():
        raise DedupeError(
            f"{path} was made with text hashes {stored['hashes']}, this version has {hashes_version()}; "
            "export it with the version that wrote it, and add the export to a new index"
        )
    options = Options(**{name: stored[name] for name in _STORED}, threads=threads)
    plan = Plan(stored["n_bands"], stored["n_rows"])
    return Rules(Recipe(options, "index", plan, secret=stored["secret"]), stored["store_text"])


def check_same(
    path: Path, rules: Rules, options: Options | None, settings: Mapping[str, Any], store_text: bool | None
) -> None:
    """Refuse settings that are not those of the index."""
    stored = plain(rules)
    given = dict(settings)
    if options is not None:
        given = {name: getattr(options, name) for name in (*stored, "pairs") if hasattr(options, name)}
    Recipe.of("index", options, settings)  # refuses what no index keeps to
    if store_text is not None:
        given["store_text"] = store_text
    for name, value in given.items():
        if name in stored and stored[name] != value:
            raise OptionError(
                f"{name} is {value!r} in this call, but {path} was made with {name}={stored[name]!r}; leave {name}= "
                "out, or make another index: export this one and add the export there"
            )
