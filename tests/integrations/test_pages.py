"""Each example on the pages of the adapters gives the output that stands under it."""

import doctest
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "integrations"
PAGES = sorted(FOLDER.glob("*.md"))
FENCED = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FEED = [
    {"id": 1, "body": "Rain fell on the town all day.\n\nNobody minded.\n\nRain fell on the town all day."},
    {"id": 2, "body": "rain fell on the town, all day"},
    {"id": 3, "body": None},
]


def fenced(page, language):
    return [body for found, body in FENCED.findall(page.read_text("utf-8")) if found == language]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_on_the_page_is_true(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = "".join(fenced(page, "python"))
    found = doctest.DocTestParser().get_doctest(source, {}, page.name, str(page), 0)
    said = []

    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
    result = doctest.DocTestRunner(optionflags=flags).run(found, out=said.append)

    assert result.failed == 0, "".join(said)


def test_commands_on_the_page_of_the_pipe_are_true(tmp_path):
    (tmp_path / "feed.jsonl").write_text("".join(json.dumps(one) + "\n" for one in FEED))
    blocks = "".join(fenced(FOLDER / "pipe.md", "console"))
    for step in re.split(r"^\$ ", blocks, flags=re.MULTILINE)[1:]:
        command, _, expected = step.partition("\n")
        script = f'dedupe() {{ "{sys.executable}" -m dedupe "$@"; }}\n{command}'

        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)

        assert done.stdout == expected, command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_short(page):
    assert len(page.read_text("utf-8").splitlines()) <= 40
