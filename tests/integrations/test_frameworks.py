"""A framework that is missing or too old: the error names the extra and the floor."""

import importlib.metadata
import sys
import tomllib
from pathlib import Path

import pytest

from dedupe.errors import DedupeError
from dedupe.integrations import _frameworks

PYPROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())


@pytest.mark.parametrize("extra", sorted(_frameworks.FLOORS))
def test_a_missing_framework_is_named_with_its_extra(extra, monkeypatch):
    monkeypatch.setitem(sys.modules, "framework_that_is_not_there", None)

    with pytest.raises(DedupeError, match=rf"pip install 'dedupe-text\[{extra}\]' brings"):
        _frameworks.require(extra, "framework_that_is_not_there")


@pytest.mark.parametrize("extra", sorted(_frameworks.FLOORS))
def test_a_framework_that_is_too_old_is_named_with_the_floor(extra, monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "0.0.9")

    with pytest.raises(ImportError, match=f"{_frameworks.FLOORS[extra][1]} or newer, found 0.0.9"):
        _frameworks.require(extra, "json")


@pytest.mark.parametrize("extra", sorted(_frameworks.FLOORS))
def test_the_floors_are_those_of_the_extras(extra):
    name, floor = _frameworks.FLOORS[extra]

    assert PYPROJECT["project"]["optional-dependencies"][extra] == [f"{name}>={floor}"]


@pytest.mark.parametrize(
    "framework", ["pandas", "polars", "pyarrow", "datasets", "langchain_core", "scrapy", "sklearn"]
)
def test_importing_dedupe_imports_no_framework(framework):
    import subprocess

    code = f"import sys, dedupe; sys.exit({framework!r} in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
