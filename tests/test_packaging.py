"""The names, versions and files that a release promises."""

import hashlib
import inspect
import re
import subprocess
import tomllib
from importlib import resources
from pathlib import Path

import pytest

import dedupe

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

SEED_SHA256 = {
    "000_119fd0ddb189ae72.txt": "820c2cd029a7db1bc1ffd128e27e0e084c84623470197c98d681caf51633dfd4",
    "001_2a230eade973f583.txt": "fed6e4ecf1ff12ee773f81f86f4bca9437e609ab8dec4d0c4a4c43e91c87e500",
    "002_7fb211d5afad2d73.txt": "8b91dde9fa82775a91a8131d84ae0d09066a1f8479ad86b8e54c95ecb4b825d3",
    "003_ca99cc58ccfb07f8.txt": "51542905627ef46667318526ec5bb864d78b15a0d62b2c3955c78581b40e5fac",
}

# A folder of one person's machine, or the address of a package index: of no use to others.
MACHINE_PATH = r"(?<![\w.~-])/(?:home|root|Users|opt|mnt|srv|work|tmp)/"
REGISTRY = r"(?:pypi|npmjs|pythonhosted|crates)\.(?:org|io|com)"


def tracked_files() -> list[Path]:
    """The files that git knows, less the seeds and what is not text; none without git."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    names = [name for name in listed.stdout.split("\0") if name and not name.startswith("seeds/")]
    paths = [ROOT / name for name in names if not name.endswith((".bin", ".png", ".zst"))]
    return [path for path in paths if path.is_file()]


def test_version_is_the_same_everywhere() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")

    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)

    assert newest is not None
    assert dedupe.__version__ == PROJECT["version"] == newest[1]


def test_type_marker_is_shipped() -> None:
    assert resources.files("dedupe").joinpath("py.typed").is_file()


def test_unicode_table_is_shipped() -> None:
    assert resources.files("dedupe").joinpath("core", "text", "unicode.bin").is_file()


@pytest.mark.parametrize("name", dedupe.__all__)
def test_public_name_has_a_docstring_of_its_own(name: str) -> None:
    value = getattr(dedupe, name)

    assert isinstance(value, str) or inspect.getdoc(value)


@pytest.mark.parametrize("name", SEED_SHA256)
def test_seed_is_byte_for_byte_the_original(name: str) -> None:
    assert hashlib.sha256((ROOT / "seeds" / name).read_bytes()).hexdigest() == SEED_SHA256[name]


@pytest.mark.skipif(not tracked_files(), reason="runs in a git checkout only")
@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry"])
def test_no_tracked_file_names_a_machine_or_registry(pattern: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked_files()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if re.search(pattern, line)
    ]

    assert found == []
