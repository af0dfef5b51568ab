"""Each example in README and docs gives the output that stands under it."""

import doctest
import re
from pathlib import Path

import click
import pytest

from dedupe.cli.commands import main

ROOT = Path(__file__).parents[1]
ADAPTERS = ROOT / "docs" / "integrations"  # run by `make adapters`, which has the frameworks
PAGES = sorted(page for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")] if page.parent != ADAPTERS)
FENCED = re.compile(r"^```(?:python|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"(?:^|\| )dedupe ([a-z]\w*)((?:[^\n#|]|\|(?! ))*)", re.MULTILINE)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples(page: Path) -> str:
    """The fenced Python of a page, at its own line numbers; they share one set of names."""
    text = page.read_text("utf-8")
    kept = [""] * text.count("\n")
    for block in FENCED.finditer(text):
        first = text.count("\n", 0, block.start(1))
        lines = block[1].splitlines()
        kept[first : first + len(lines)] = lines
    return "\n".join(kept) + "\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_on_the_page_are_true(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = doctest.DocTestParser().get_doctest(examples(page), {}, page.name, str(page), 0)
    report: list[str] = []

    result = doctest.DocTestRunner(optionflags=OPTIONS).run(found, out=report.append)

    assert result.failed == 0, "".join(report)


def calls() -> list[tuple[str, str]]:
    """The commands in the README's fences, with their arguments."""
    fences = re.findall(r"^```\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [(name, rest.strip()) for fence in fences for name, rest in CALL.findall(fence)]


@pytest.mark.parametrize(("name", "rest"), calls(), ids=" ".join)
def test_commands_in_the_readme_exist(name: str, rest: str) -> None:
    command = main.get_command(click.Context(main), name)
    if isinstance(command, click.Group):
        command = command.get_command(click.Context(command), rest.split()[0])

    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"(?<=\s)--?[a-z][\w-]*", f" {rest}")) <= known


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_make_targets_on_the_page_exist(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split())

    named = re.findall(r"(?:^|`)make ([a-z][\w-]*)\b(?!/)", (ROOT / page).read_text("utf-8"), re.MULTILINE)

    assert named
    assert set(named) <= targets
