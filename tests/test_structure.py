"""Imports point one way, late ones too; each room holds few files; the public surface is what it says."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dedupe

PACKAGE = Path(dedupe.__file__).parent

# The rooms from the bottom up; a room imports from those before it and from itself. docs/design.md says why.
ROOMS = [
    "errors",
    "core.name_clash",
    "core.native",
    "core.hashing",
    "core.ragged",
    "core.text",
    "core.meaning",
    "core",
    "core.measures",
    "core.clustering",
    "inputs.formats",
    "inputs",
    "options",
    "results",
    "matching",
    "stories.coverage",
    "stories",
    "engines.index.storage",
    "engines.index",
    "verbs",
    "__init__",
    "engines.files.disk",
    "engines.files.job",
    "engines.files.progress",
    "engines.files.reading",
    "engines.files.matching",
    "engines.files.output",
    "engines.files",
    "engines",
    "engines.spark",
    "integrations",
    "report",
    "cli",
    "__main__",
]
LEVEL = {room: level for level, room in enumerate(ROOMS)}
MODULES = sorted(PACKAGE.rglob("*.py"))
MARKERS = {"__init__.py", "__main__.py", "py.typed"}  # files that Python and type checkers ask for by name


def room_of(module: str) -> str:
    """The room of a dotted name below the package; its own row in ROOMS, or that of the nearest folder above it."""
    parts = module.split(".")
    while parts and ".".join(parts) not in LEVEL:
        parts.pop()
    return ".".join(parts) or "__init__"


def name_of(path: Path) -> str:
    """The dotted name of a file below the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


NAMES = {name_of(path) for path in MODULES}


def imports_of(path: Path) -> set[str]:
    """Modules of the package that a file imports, at its top or inside a function; not those for types alone."""
    tree = ast.parse(path.read_text("utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "_TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "dedupe":
            base = node.module.removeprefix("dedupe").removeprefix(".")
            for alias in node.names:
                full = f"{base}.{alias.name}".strip(".")
                found.add(full if full in NAMES else base or "__init__")
        elif isinstance(node, ast.Import):
            found |= {n.name.removeprefix("dedupe.") for n in node.names if n.name.startswith("dedupe.")}
            found |= {"__init__" for n in node.names if n.name == "dedupe"}
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_downwards(path: Path) -> None:
    own = room_of(name_of(path))

    above = {name for name in imports_of(path) if LEVEL[room_of(name)] > LEVEL[own]}

    assert not above, f"{own} imports {above}, which stand above it; docs/design.md has the order"


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    graph = {name_of(path): imports_of(path) - {name_of(path)} for path in MODULES}
    while leaves := [name for name, wanted in graph.items() if not wanted & graph.keys()]:
        for name in leaves:
            del graph[name]

    assert not graph, f"these import each other in a circle: {sorted(graph)}"


def test_rooms_stay_small() -> None:
    folders = {PACKAGE, *(path.parent for path in MODULES)}
    files = {
        folder: [path.name for path in folder.iterdir() if path.suffix != ".so" and path.name != "__pycache__"]
        for folder in folders
    }

    assert len(set(files[PACKAGE]) - MARKERS) <= 12
    rooms = {str(folder): len(names) for folder, names in files.items() if folder != PACKAGE}
    assert {room: size for room, size in rooms.items() if size > 14} == {}


def test_nothing_recognizes_a_class_by_its_module() -> None:
    assert [str(path) for path in MODULES if "__module__" in path.read_text("utf-8")] == []


def test_every_public_name_exists_and_is_explained() -> None:
    for name in dedupe.__all__:
        assert getattr(dedupe, name).__doc__


def test_import_leaves_heavy_packages_alone() -> None:
    heavy = "datasketch", "scipy", "pandas", "pyarrow", "polars", "sqlite3", "click", "rapidfuzz.process"
    code = f"import sys, dedupe; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
