"""Tables of what is taken, by kind of edit, language and verb."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from random import Random
from statistics import fmean
from typing import Any

from benchmarks.report import Table
from benchmarks.same_or_other import catalogs, judge
from benchmarks.same_or_other.kinds import KINDS
from benchmarks.same_or_other.language import CODES, Language, load, with_texts

_SEED = 1
_SORTS = ("other fact", "same fact")
Shares = dict[tuple[str, str, str], float]  # by verb, kind and code of a language


def tables(options: Mapping[str, Any], per_language: int) -> list[Table]:
    """Judge the verbs with edited copies of our own paragraphs and of message catalogs.

    Args:
        options: Handed to the verbs, as in `lose="nothing"`.
        per_language: Most paragraphs from the message catalogs of a language; 0 leaves them out.

    Returns:
        For each source of text one table by language and one by kind.
    """
    sources = {"own": [load(code) for code in CODES]}
    if per_language:
        draw = Random(_SEED)
        found = [with_texts(language, catalogs.texts(language, per_language, draw)) for language in sources["own"]]
        sources["catalogs"] = [language for language in found if len(language.texts) >= 12]
    return [table for source, languages in sources.items() for table in _of_source(source, languages, options)]


def parse_options(given: Sequence[str]) -> dict[str, Any]:
    """Options from `name=value`; a value that is no JSON is a string.

    Raises:
        ValueError: No `=` in one of them.
    """
    pairs = [text.partition("=") for text in given]
    if missing := [name for name, sign, _ in pairs if not sign]:
        raise ValueError(f"an option must be name=value, as in lose=nothing, got {missing[0]!r}")
    return {name: _value(value) for name, _, value in pairs}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _of_source(source: str, languages: Sequence[Language], options: Mapping[str, Any]) -> list[Table]:
    shares: Shares = {}
    counts: dict[tuple[str, str], int] = {}
    for language in languages:
        for kind in KINDS:
            pairs = judge.pairs_of(kind, language, _SEED)
            if pairs:
                counts[kind.name, language.code] = len(pairs)
                for verb in judge.VERBS:
                    shares[verb, kind.name, language.code] = judge.share_taken(verb, kind, pairs, options)
    by_kind = [_by_kind(verb, source, languages, shares, counts, options) for verb in judge.VERBS]
    return [_by_language(source, languages, shares, options), *by_kind]


def _by_language(source: str, languages: Sequence[Language], shares: Shares, options: Mapping[str, Any]) -> Table:
    table = _empty(
        "by-language", source, options, ["language", "texts", *(f"{v}: {s}" for v in judge.VERBS for s in _SORTS)]
    )
    means = [
        [_mean(shares, verb, sort, [language]) for verb in judge.VERBS for sort in _SORTS] for language in languages
    ]
    for language, row in zip(languages, means, strict=True):
        table.rows.append([language.name, len(language.texts), *row])
    overall = [_mean(shares, verb, sort, languages) for verb in judge.VERBS for sort in _SORTS]
    table.rows.append(["all", sum(len(language.texts) for language in languages), *overall])
    table.notes.append("Wanted: 0 of the other facts, 1 of the same fact. Means over kinds, each kind over languages.")
    return table


def _mean(shares: Shares, verb: str, sort: str, languages: Sequence[Language]) -> float:
    """Mean over kinds of the mean over the languages that a kind applies to."""
    of_kinds = []
    for kind in KINDS:
        values = [shares[key] for language in languages if (key := (verb, kind.name, language.code)) in shares]
        if kind.sort == sort and values:
            of_kinds.append(fmean(values))
    return fmean(of_kinds)


def _by_kind(
    verb: str,
    source: str,
    languages: Sequence[Language],
    shares: Shares,
    counts: Mapping[tuple[str, str], int],
    options: Mapping[str, Any],
) -> Table:
    codes = [language.code for language in languages]
    table = _empty(f"{verb}-by-kind", source, options, ["kind", "sort", "pairs", "mean", *codes])
    for kind in KINDS:
        cells = [shares.get((verb, kind.name, code)) for code in codes]
        applicable = [share for share in cells if share is not None]
        if applicable:
            pairs = sum(counts.get((kind.name, code), 0) for code in codes)
            table.rows.append([kind.name, kind.sort, pairs, fmean(applicable), *cells])
    table.notes += [
        "–: the kind does not apply in the language.",
        "Of *sentence more* and *sentence less* only the loss of the fuller text counts.",
    ]
    return table


def _empty(name: str, source: str, options: Mapping[str, Any], columns: list[str]) -> Table:
    texts = {"own": "paragraphs of our own", "catalogs": "messages of installed programs"}[source]
    return Table(
        f"same-or-other-{source}-{name}",
        f"Same or other: share of edited copies taken, {name.replace('-', ' ')}, {texts}",
        "several edits in one copy, but for two typos; paraphrase; whether another reader calls an edit the same.",
        {"seed": _SEED, "options": dict(options) or "defaults"},
        columns,
    )
