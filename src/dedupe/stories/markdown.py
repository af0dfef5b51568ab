"""A story as Markdown: one account, a footnote for each passage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedupe.stories.results import Passage, Story


def story_markdown(story: Story) -> str:
    """Write the account, its footnotes, the conflicts and the boilerplate.

    Paragraphs of one source stay together. Each ends in footnotes that name every source; a footnote quotes what
    another document says in other words.
    """
    lines = [f"# {_flat(story.title)}", ""] if story.title else []
    notes: dict[tuple[str, ...], int] = {}
    for group in _paragraphs(story):
        parts = []
        for passage in group:
            note = _note(story, passage)
            number = notes.setdefault(note, len(notes) + 1)
            parts.append(_flat(passage.text) + f"[^{number}]")
        lines += [" ".join(parts), ""]
    for note, number in notes.items():
        lines.append(f"[^{number}]: {note[0]}")
        lines += [f"    {line}" for line in note[1:]]
    if notes:
        lines.append("")
    lines += _conflicts(story) + _boilerplate(story)
    return "\n".join(lines).rstrip() + "\n" if lines else ""


def _paragraphs(story: Story) -> list[list[Passage]]:
    groups: list[list[Passage]] = []
    for passage in story.passages:
        follows = groups and not passage.begins_paragraph and groups[-1][-1].block.doc == passage.block.doc
        if follows and groups[-1][-1].block.end <= passage.block.start:
            groups[-1].append(passage)
        else:
            groups.append([passage])
    return groups


def _note(story: Story, passage: Passage) -> tuple[str, ...]:
    names = ", ".join(_label(story, doc) for doc in passage.sources)
    quotes = []
    for variant in passage.variants:
        if variant.verdict in ("overlaps", "contains", "semantic"):
            quotes.append(f"*{_label(story, variant.block.doc)}:* {_flat(variant.block.text)}")
    return (names, *quotes)


def _conflicts(story: Story) -> list[str]:
    if not story.conflicts:
        return []
    lines = ["**Numbers that disagree**", ""]
    for conflict in story.conflicts:
        values = "; ".join(f"{_label(story, doc)}: {value}" for doc, value in conflict.values)
        lines.append(f"- {values}")
    return [*lines, ""]


def _boilerplate(story: Story) -> list[str]:
    if not story.furniture:
        return []
    lines = ["**Left out of the account** (headings, links, notices)", ""]
    lines += [f"- {_label(story, block.doc)}: {_flat(block.text)}" for block in story.furniture]
    return [*lines, ""]


def _label(story: Story, doc: Any) -> str:
    return story.labels.get(doc, str(doc))


def _flat(text: str | None) -> str:
    return " ".join((text or "").split())
