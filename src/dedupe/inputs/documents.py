"""The one reader of what users hand in: any collection of texts, checked, with the key of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from dedupe.core.hashing import I64, Bool
from dedupe.core.text.batch import Batch
from dedupe.errors import InputError, nearest
from dedupe.inputs.columns import TextColumn
from dedupe.inputs.frames import Frame, open_frame
from dedupe.inputs.records import Records, holds_records
from dedupe.inputs.texts import Texts, batch_of, check_text, shortened

KINDS = "a pandas, Polars, pyarrow, DuckDB or Daft frame, or a list of records"


@dataclass(frozen=True)
class Documents:
    """Texts and their keys.

    Attributes:
        texts: The texts, in input order; empty for a null row of a frame.
        keys: The id of each, its key in a mapping, or its position.
        frame: Where they come from, for a frame or a list of records.
        is_null: For these, array of shape (n_texts,), bool: rows without a text.
        columns: For each further column that was asked for, its values; of those that are there.
        problems: What is wrong with a text, by position, where the verb takes what is right of it.
    """

    texts: Sequence[str]
    keys: Sequence[Any]
    frame: Frame | None = None
    is_null: Bool | None = None
    columns: Mapping[str, list[Any]] = field(default_factory=dict)
    problems: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def batch(self) -> Batch:
        """The texts as bytes: as they came, or encoded once."""
        return batch_of(self.texts)

    @property
    def n_null(self) -> int | None:
        """Null rows of a frame; None for what is no frame."""
        return None if self.is_null is None else int(self.is_null.sum())

    def order_by(self, policy: str, name: str) -> I64:
        """Row numbers by a policy (``newest``) and a column of the frame, the preferred first."""
        assert self.frame is not None
        _check_column(self.frame, name, f"keep='{policy}:…'", "docs")
        return self.frame.order(name, policy, f"column {name!r}")

    def with_texts(self, name: Any, batch: Batch, changed: I64) -> Any:
        """The frame with other texts in its column `name`; `changed` numbers the rows that are not as before."""
        assert self.frame is not None
        assert self.is_null is not None
        return self.frame.with_text(name, TextColumn(batch, self.is_null), changed)


class Wanted(NamedTuple):
    """What a verb asks for beside the texts.

    Attributes:
        argument: Name of the argument, for messages.
        columns: Columns to read, by the name of the argument that names each; with ``id``, the texts have ids of
            their own, and (id, text) pairs are taken.
        is_optional: A column may be missing (one that is not named is looked for under the name of the argument, the
            text too), a text without an id goes by its position, and a wrong text is a problem instead of an error.
        is_shared: ``text=`` may be meant for another argument.
    """

    argument: str = "docs"
    columns: Mapping[str, Any] = MappingProxyType({})
    is_optional: bool = False
    is_shared: bool = False

    @property
    def needs_ids(self) -> bool:
        """Whether each text must come with an id."""
        return "id" in self.columns and not self.is_optional


_TEXTS_ALONE = Wanted()


def collect(docs: object, text: Any = None, wanted: Wanted = _TEXTS_ALONE) -> Documents:
    """Read a collection of texts.

    Args:
        docs: A list or any iterable of str, a mapping of key to str, a pandas or Polars Series, an Arrow array, a
            frame (see :mod:`dedupe.inputs.frames`), a list of records, or, where ids are wanted, (id, text) pairs.
        text: The text column of a frame or of records.
        wanted: What the verb asks for.

    Returns:
        The texts. A null row of a frame is an empty text; None anywhere else is an error.

    Raises:
        InputError: `docs` is one str, no collection, or holds something other than str; names position and type.
            Or `text` is given for something that is no frame, or a column is not there, there twice, or of another
            kind.
    """
    frame = open_frame(docs, wanted.argument)
    if frame is not None:
        return _of_frame(frame, text, wanted)
    if isinstance(docs, Mapping):
        _check_no_column(docs, text, wanted)
        return _checked(list(docs.values()), list(docs), wanted)
    items = _listed(docs, wanted)
    if set(map(type, items)) <= {str} and not (items and wanted.needs_ids):  # the usual case
        _check_no_column(docs, text, wanted)
        return Documents(items, range(len(items)))
    if wanted.needs_ids and all(map(_is_pair, items)):
        return _of_pairs(items, wanted)
    field_name = "text" if text is None and wanted.is_optional else text
    if holds_records(items, field_name):
        if wanted.is_optional:
            items = [{field_name: item} if isinstance(item, str) else item for item in items]
        return _of_frame(Records(items), text, wanted)
    _check_no_column(docs, text, wanted)
    if wanted.needs_ids:
        position, item = next((at, item) for at, item in enumerate(items) if not _is_pair(item))
        raise InputError(
            f"{wanted.argument}[{position}] must be an (id, text) pair or a record, got {type(item).__name__}; "
            "for texts without ids write enumerate(texts)"
        )
    if "id" in wanted.columns and all(map(_is_pair, items)):
        return _of_pairs(items, wanted)
    return _checked(items, range(len(items)), wanted)


def _listed(docs: object, wanted: Wanted) -> list[Any]:
    argument = wanted.argument
    pairs = "; for texts without ids write enumerate(texts)" if wanted.needs_ids else ""
    if isinstance(docs, str):
        single = "[(id, text)]" if wanted.needs_ids else "[text]"
        raise InputError(
            f"{argument} is one str, not a collection; write {single} for a single text{pairs} (got {shortened(docs)})"
        )
    if isinstance(docs, bytes | bytearray | memoryview):
        raise InputError(f"{argument} is {type(docs).__name__}; decode it, and give a list of str{pairs}")
    if isinstance(docs, list):
        return docs
    for method in ("to_pylist", "to_list"):  # Arrow arrays; pandas and Polars Series
        convert = getattr(docs, method, None)
        if callable(convert):
            return list(convert())
    if hasattr(docs, "columns"):
        raise InputError(f"{argument} is {type(docs).__name__}, not {KINDS}; convert it to one of these")
    if isinstance(docs, Iterable):
        return list(docs)
    raise InputError(f"{argument} must be a collection of str, got {type(docs).__name__}: {shortened(docs)}{pairs}")


def _is_pair(item: object) -> bool:
    return isinstance(item, tuple | list) and len(item) == 2


def _of_pairs(pairs: list[Any], wanted: Wanted) -> Documents:
    return _checked([pair[1] for pair in pairs], [pair[0] for pair in pairs], wanted)


def _checked(texts: list[Any], keys: Sequence[Any], wanted: Wanted) -> Documents:
    has_ids = "id" in wanted.columns and not isinstance(keys, range)
    problems = _problems(
        texts, lambda at: f"the text of id {keys[at]!r}" if has_ids else f"{wanted.argument}[{keys[at]!r}]"
    )
    if not problems:
        return Documents(texts, keys)
    if not wanted.is_optional:
        raise InputError(problems[min(problems)])
    return Documents(_readable(texts, problems), keys, problems=problems)


def _readable(texts: Sequence[Any], problems: Mapping[int, str]) -> list[str]:
    """The texts, empty where there is none."""
    return ["" if position in problems else text for position, text in enumerate(texts)]


def _problems(texts: list[Any], where: Callable[[int], str]) -> dict[int, str]:
    """What is wrong with each text that is none, by position."""
    problems: dict[int, str] = {}
    if set(map(type, texts)) <= {str}:  # the usual case, without a step per text in Python
        return problems
    for position, text in enumerate(texts):
        try:
            check_text(text, where(position))
        except InputError as error:
            problems[position] = str(error)
    return problems


def _of_frame(frame: Frame, text: Any, wanted: Wanted) -> Documents:
    names = list(frame.names())
    if text is None and wanted.is_optional and "text" in names:
        text = "text"
    _check_column(frame, text, "text", wanted.argument)
    columns: dict[str, list[Any]] = {}
    for argument, name in wanted.columns.items():
        if name is not None or not wanted.is_optional:
            _check_column(frame, name, argument, wanted.argument)
            columns[argument] = frame.values(name)
        elif argument in names:
            columns[argument] = frame.values(argument)
    keys = columns.get("id")
    if keys is not None and wanted.is_optional:
        keys = [row if key is None else key for row, key in enumerate(keys)]
    if isinstance(frame, Records) and wanted.is_optional:
        values = frame.values(text)
        problems = _problems(values, lambda row: f"row {row} of column {text!r}")
        return Documents(_readable(values, problems), keys or range(len(values)), columns=columns, problems=problems)
    column = frame.text(text, f"column {text!r}")
    if keys is None:
        return Documents(Texts(column.batch), range(column.is_null.size), frame, column.is_null, columns)
    return Documents(Texts(column.batch), keys, frame, column.is_null, columns)


def _check_no_column(docs: object, text: Any, wanted: Wanted) -> None:
    if text is not None and not wanted.is_shared and not wanted.needs_ids:
        raise InputError(f"text={text!r} names a column, but {wanted.argument} is {type(docs).__name__}, not {KINDS}")


def _check_column(frame: Frame, name: Any, argument: str, docs: str) -> None:
    """Refuse a name that is not that of one column."""
    names = list(frame.names())
    if name is None:
        kind = "a list of records" if isinstance(frame, Records) else "a frame"
        raise InputError(
            f"{docs} is {kind}: name its {argument} column, as in {argument}={names[0] if names else 'body'!r}"
        )
    n_named = names.count(name)
    if n_named > 1:
        raise InputError(f"{argument} names column {name!r}, which {docs} has {n_named} times; rename one")
    if n_named == 0:
        listed = ", ".join(map(repr, names[:20])) or "none"
        raise InputError(
            f"{argument} names column {name!r}, which {docs} does not have; its columns: {listed}"
            + nearest(name, map(str, names))
        )
