"""Importing beside the other distribution called `dedupe` names both and the way out."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dedupe.core import name_clash


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A site-packages folder with this library alone in it; gives the package's folder."""
    (tmp_path / "dedupe_text-0.1.0.dist-info").mkdir()
    (tmp_path / "dedupe").mkdir()
    return tmp_path / "dedupe"


def test_alone_is_fine(package: Path) -> None:
    name_clash.check(str(package))


def test_this_environment_is_fine() -> None:
    name_clash.check()


@pytest.mark.parametrize(
    "neighbour",
    [
        "dedupe_variable_name-1.0.0.dist-info",  # an add-on without a package of that name
        "dedupe_text-0.2.0.dist-info",
        "pandas_dedupe-1.5.0.dist-info",
        "dedupe-hcs-0.1.dist-info",
        "dedupe.libs",
    ],
)
def test_similar_names_are_fine(package: Path, neighbour: str) -> None:
    (package.parent / neighbour).mkdir()

    name_clash.check(str(package))


@pytest.mark.parametrize(
    "metadata",
    ["dedupe-3.0.3.dist-info", "Dedupe-2.0.0rc1.dist-info", "dedupe-1.10.0-py3.11.egg-info"],
)
def test_other_distribution_is_an_error(package: Path, metadata: str) -> None:
    (package.parent / metadata).mkdir()

    with pytest.raises(ImportError, match="two distributions install a package called 'dedupe'"):
        name_clash.check(str(package))


def test_foreign_files_without_metadata_are_an_error(package: Path) -> None:
    (package / "labeler.py").touch()

    with pytest.raises(ImportError, match="two distributions"):
        name_clash.check(str(package))


def test_message_names_both_the_folder_and_the_way_out(package: Path) -> None:
    (package.parent / "dedupe-3.0.3.dist-info").mkdir()

    with pytest.raises(ImportError) as caught:
        name_clash.check(str(package))

    message = str(caught.value)
    assert "'dedupe' 3.0.3" in message
    assert "'dedupe-text'" in message
    assert str(package.parent) in message
    assert "pip uninstall dedupe dedupe-text" in message


def test_the_other_one_installed_last_names_both_as_well(package: Path) -> None:
    ours = Path(name_clash.__file__).parent
    (package / "core").mkdir()
    shutil.copy(ours / "name_clash.py", package / "core")
    shutil.copy(ours / "__init__.py", package / "core")
    (package.parent / "dedupe-3.0.3.dist-info").mkdir()
    (package / "core.py").write_text("Enumerator = int")
    (package / "__init__.py").write_text("from .core import Enumerator")
    program = f"import sys; sys.path.insert(0, {str(package.parent)!r}); import dedupe"

    done = subprocess.run([sys.executable, "-I", "-c", program], check=False, capture_output=True, text=True)

    assert "two distributions install a package called 'dedupe'" in done.stderr
