"""The options that several commands have: each named and worded once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from dedupe.matching.recipe import PLACES, options_in
from dedupe.options import COLUMN_POLICIES, DESCRIPTIONS, LINKAGES, THRESHOLDS, Options

_BY_MEASURE: Mapping[str, Mapping[str, Any]] = {"threshold": THRESHOLDS, "linkage": LINKAGES}
_Command = TypeVar("_Command", bound=Callable[..., Any])

text = click.option("--text", default="text", show_default=True, help="Field or column of the text.")
encoding = click.option("--encoding", default="utf-8", show_default=True, help="Of text files, in and out.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def settings(place: str, *, without: tuple[str, ...] = ()) -> Callable[[_Command], _Command]:
    """Give a command the options of :class:`dedupe.Options` that hold where it works.

    They are None where the user says nothing (see :func:`given`), so that the library's own defaults hold.

    Args:
        place: Where it works, a name in :data:`dedupe.matching.recipe.PLACES`.
        without: Options that the command has no use for.

    Examples:
        >>> @click.command()
        ... @settings("compare", without=("threads",))
        ... def command(**settings): ...
        >>> [(option.name, option.show_default) for option in command.params]
        [('threshold', '0.7'), ('width_words', '3')]
    """

    def add(command: _Command) -> _Command:
        for name in reversed(options_in(place)):
            if name not in without:
                kind, help = DESCRIPTIONS[name].kind, help_of(place, name)
                flag = f"--{name.replace('_', '-')}"
                command = click.option(flag, type=kind, show_default=default_of(place, name), help=help)(command)
        return command

    return add


def help_of(place: str, name: str) -> str:
    """What an option means, with the names that it takes in a place."""
    about, held = DESCRIPTIONS[name], PLACES[place]
    choices = held.only.get(name, about.choices)
    if name == "keep" and held.parts:  # over files, which have columns; text files and a pipe have none
        choices += tuple(f"{policy}:COLUMN" for policy in COLUMN_POLICIES)
    return f"{about.help}{': ' * bool(choices)}{', '.join(choices)}."


def default_of(place: str, name: str) -> str:
    """The default of an option in a place, in words."""
    held = PLACES[place]
    measures = held.only.get("measure", DESCRIPTIONS["measure"].choices) if "measure" not in held.unused else ()
    by_measure = _BY_MEASURE.get(name, {})
    usual = getattr(Options(**held.defaults), name)
    words = ["all processors" if usual is None else str(usual)]
    words += [
        f"{measure} {by_measure[measure]}"
        for measure in measures
        if measure != "jaccard" and by_measure.get(measure, usual) != usual
    ]
    units = held.only.get("unit", DESCRIPTIONS["unit"].choices) if "unit" not in held.unused else ()
    of_parts = getattr(Options(**{**held.defaults, "unit": "paragraph", **held.parts}), name)
    if name != "unit" and len(units) > 1 and of_parts != usual:
        words.append(f"parts {of_parts}")
    if name == "lose" and len(measures) > 1:
        words.append("other measures words")
    return ", ".join(words)


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The options that the user has set."""
    return {name: value for name, value in values.items() if value is not None}
