"""The options that several commands have: each named and worded once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

# Type, default where it is the same for all commands, and help of the fields of `dedupe.Options`.
_SETTINGS: dict[str, tuple[type, str | None, str]] = {
    "unit": (str, None, "What is compared: paragraph, line, sentence, document."),
    "measure": (str, "jaccard", "How alike: jaccard, containment, ratio; among many texts also weighted, coverage."),
    "threshold": (float, None, "Similarity from which a block is a duplicate, above 0 up to 1."),
    "width_words": (int, "3", "Words per shingle."),
    "recall": (float, "0.99", "Share of the pairs at the threshold that must be compared."),
    "keep": (str, "first", "Which copy stays: first, last, longest."),
    "min_words": (int, None, "Blocks with fewer words match only identical ones."),
    "threads": (int, "all processors", "Threads; the result does not depend on it."),
    "seed": (int, "1", "Seed of the signatures."),
}

text = click.option("--text", default="text", show_default=True, help="Field or column of the text.")
encoding = click.option("--encoding", default="utf-8", show_default=True, help="Of text files, in and out.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def settings(*names: str, **defaults: str) -> Callable[[_Command], _Command]:
    """Give a command options of the names of fields of :class:`dedupe.Options`.

    They are None where the user says nothing (see :func:`given`), so that the library's own defaults hold.

    Args:
        *names: The fields; all in the list above when none is named.
        **defaults: What the help of this command says about a default.

    Examples:
        >>> @click.command()
        ... @settings("threshold", "width_words", threshold="0.7")
        ... def command(**settings): ...
        >>> [(option.name, option.show_default) for option in command.params]
        [('threshold', '0.7'), ('width_words', '3')]
    """

    def add(command: _Command) -> _Command:
        for name in reversed(names or tuple(_SETTINGS)):
            kind, default, help_ = _SETTINGS[name]
            shown = defaults.get(name, default)
            command = click.option(f"--{name.replace('_', '-')}", type=kind, show_default=shown, help=help_)(command)
        return command

    return add


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The options that the user has set."""
    return {name: value for name, value in values.items() if value is not None}
