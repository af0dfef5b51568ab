"""What a run is asked to do: its settings, checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dedupe.errors import OptionError, nearest
from dedupe.matching.recipe import Recipe
from dedupe.options import Options, column_policy, listed, on_error_of

EMPTY = ("drop", "keep")
REMOVED_FORMATS = ("jsonl", "parquet")
LEAST_MEMORY = 256 << 20


@dataclass(frozen=True)
class Job:
    """Everything that decides what a run writes, and how it works.

    Attributes:
        recipe: How blocks are matched.
        text: Name of the column that holds the text.
        id: Name of the column that identifies a document, or None to name documents by file and row.
        format: Format of the input files, or None to tell it from their names.
        inside: Clean each document inside itself first.
        min_documents: A paragraph goes only when it stands in this many documents or more.
        empty: What happens to a document that loses all its paragraphs: ``drop`` or ``keep``.
        on_error: What happens to a row or file that cannot be read: ``raise``, ``skip`` or ``quarantine``.
        max_loss: Share of the words, 0–1, that may go from any source and in total; None for no limit.
        against: Folder of an index whose documents stay: what matches one of them goes. None for none; `clean_files`
            takes the index itself too.
        mark: Keep everything and add columns that say what would go.
        source: Name of the column that says where a document is from, for `max_loss` and the summary; None: its file.
        removed_format: Format of the removed list: ``jsonl`` or ``parquet``.
        memory_bytes: Bound on the memory of the process.
    """

    recipe: Recipe
    text: str = "text"
    id: str | None = None
    format: str | None = None
    inside: bool = False
    min_documents: int = 1
    empty: str = "drop"
    on_error: str = "raise"
    max_loss: float | None = None
    against: str | None = None
    mark: bool = False
    source: str | None = None
    removed_format: str = "jsonl"
    memory_bytes: int = field(default=2 << 30, compare=False)

    def __post_init__(self) -> None:
        """Check each value at the door.

        Raises:
            OptionError: A value breaks its rule.
        """
        object.__setattr__(self, "on_error", on_error_of(self.on_error, "raise", "skip", "quarantine"))
        for name, allowed in (
            ("empty", EMPTY),
            ("removed_format", REMOVED_FORMATS),
        ):
            value = getattr(self, name)
            if value not in allowed:
                raise OptionError(f"{name} must be one of {listed(allowed)}, got {value!r}{nearest(value, allowed)}")
        if not isinstance(self.min_documents, int) or self.min_documents < 1:
            raise OptionError(f"min_documents must be a whole number from 1, got {self.min_documents!r}")
        if self.max_loss is not None and not 0 <= self.max_loss <= 1:
            raise OptionError(f"max_loss must be a share from 0 to 1, got {self.max_loss!r}")
        if self.against is not None and (self.options.unit != "document" or self.inside or self.min_documents > 1):
            raise OptionError("against works on whole documents: use unit='document' without inside and min_documents")
        if self.memory_bytes < LEAST_MEMORY:
            raise OptionError(f"memory must be at least 256MB, got {self.memory_bytes} bytes")

    def plain(self) -> dict[str, Any]:
        """The settings that decide the output, as values that JSON can hold."""
        names = ("text", "id", "format", "inside", "min_documents", "empty", "on_error", "against", "mark", "source")
        matching = {key: value for key, value in self.options.to_dict().items() if key != "threads"}
        plain = {name: getattr(self, name) for name in (*names, "removed_format")}
        return {**plain, "options": matching}

    @property
    def options(self) -> Options:
        """The options of the recipe."""
        return self.recipe.options

    @property
    def budget_bytes(self) -> int:
        """What a stage may take for its own arrays; the rest is for the interpreter, libraries and the texts at hand."""
        return max((self.memory_bytes - (320 << 20)) * 3 // 4, 48 << 20)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that must be read."""
        compared = self.policy[1] if self.policy else None
        return tuple(name for name in (self.text, self.id, self.source, compared) if name is not None)

    @property
    def policy(self) -> tuple[str, str] | None:
        """The policy and the column, when the policy names one."""
        return column_policy(self.options.keep)

    @property
    def needs_spans(self) -> bool:
        """Whether a document can lose a part of its text."""
        return self.options.unit != "document"
