"""Imports point downwards only, and the public surface is what it says."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dedupe

PACKAGE = Path(dedupe.__file__).parent

# From the bottom up; a module may import from its own layer and from those below. docs/design.md says why.
LAYERS: list[set[str]] = [
    {"_clash", "errors"},
    {"core"},
    {"columns", "documents", "frames", "edits"},
    {"options", "results"},
    {"measures", "matching", "overlap", "repeats"},
    {"clean", "compare", "find", "merge", "plant", "stories"},
    {"__init__"},
    {"files", "corpus", "engines", "evaluate", "index", "integrations", "pipe"},
    {"cli_options", "cli_records"},
    {"report", "cli", "cli_corpus", "cli_eval", "cli_index", "cli_merge", "__main__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
MODULES = sorted(PACKAGE.rglob("*.py"))


def unit_of(module: str) -> str:
    """The folder or file of the package that a dotted name belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imported(path: Path) -> set[str]:
    """The parts of the package that a file imports when it is loaded; type-only and late imports are left out."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "dedupe":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {unit_of(name) for name in names}
        elif isinstance(node, ast.Import):
            found |= {unit_of(alias.name) for alias in node.names if alias.name.split(".")[0] == "dedupe"}
    return found & LEVEL.keys()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    above = {name for name in imported(path) if LEVEL[name] > LEVEL[own]}
    assert own in LEVEL, f"{own} has no layer yet; give it one here and in docs/design.md"
    assert not above, f"{own} imports {above}, which stand above it"


def test_every_public_name_exists_and_is_explained() -> None:
    for name in dedupe.__all__:
        assert getattr(dedupe, name).__doc__


def test_import_leaves_heavy_packages_alone() -> None:
    heavy = "datasketch", "scipy", "pandas", "pyarrow", "polars", "sqlite3", "click", "rapidfuzz.process"
    code = f"import sys, dedupe; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
