"""What users hand in: any collection of texts, checked, with the key of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dedupe.core.hashing import I64
from dedupe.core.text.batch import Batch
from dedupe.errors import InputError


class Documents(NamedTuple):
    """Texts and their keys.

    Attributes:
        texts: The texts, in input order.
        keys: The key of each in a mapping, the position otherwise.
        batch: The same texts as bytes, when they came so.
        order_by: For a frame: row numbers by a policy (``newest``) and a column, the preferred first.
        n_null: Rows of a frame without a text; they count as empty.
    """

    texts: Sequence[str]
    keys: Sequence[Any]
    batch: Batch | None = None
    order_by: Callable[[str, str], I64] | None = None
    n_null: int = 0


def check_text(text: object, where: str = "the text") -> str:
    """Return `text` if it is a str.

    Raises:
        InputError: It is something else; says what and how to turn it into text.
    """
    if isinstance(text, str):
        return text
    if isinstance(text, bytes | bytearray | memoryview):
        raise InputError(f"{where} is {type(text).__name__}, not str; decode it first, as in data.decode('utf-8')")
    if text is None:
        raise InputError(f"{where} is None, not str; leave it out, or give '' for an empty text")
    raise InputError(f"{where} is {type(text).__name__}, not str: {_short(text)}")


def collect(docs: object, text: Any = None) -> Documents:
    """Read a collection of texts.

    Args:
        docs: A list or any iterable of str, a mapping of key to str, a pandas or Polars Series, an Arrow array, or a
            frame (see :mod:`dedupe.inputs.frames`).
        text: The text column of a frame.

    Returns:
        The texts; keys are those of a mapping, positions otherwise.

    Raises:
        InputError: `docs` is one str, no collection, or holds something other than str; names position and type.
            Or `text` is given for something that is no frame, or is no text column of the frame.
    """
    from dedupe.inputs import frames  # reads this module

    frame = frames.open_frame(docs)
    if frame is not None:
        return frames.documents(frame, text)
    if text is not None:
        raise InputError(f"text={text!r} names a column, but docs is {type(docs).__name__}, not {frames.KINDS}")
    if isinstance(docs, Mapping):
        texts = list(docs.values())
        _check_each(texts, list(docs))
        return Documents(texts, list(docs))
    texts = _as_list(docs)
    _check_each(texts, range(len(texts)))
    return Documents(texts, range(len(texts)))


def _as_list(docs: object) -> list[Any]:
    if isinstance(docs, str):
        raise InputError(f"docs is one str, not a collection; write [text] for a single text (got {_short(docs)})")
    if isinstance(docs, bytes | bytearray | memoryview):
        raise InputError(f"docs is {type(docs).__name__}; decode it, and give a list of str")
    if isinstance(docs, list):
        return docs
    for method in ("to_pylist", "to_list"):  # Arrow arrays; pandas and Polars Series
        convert = getattr(docs, method, None)
        if callable(convert):
            return list(convert())
    if isinstance(docs, Iterable):
        return list(docs)
    raise InputError(f"docs must be a collection of str, got {type(docs).__name__}: {_short(docs)}")


def _check_each(texts: list[Any], keys: Sequence[Any]) -> None:
    if set(map(type, texts)) <= {str}:  # the usual case, without a step per text in Python
        return
    for key, text in zip(keys, texts, strict=True):
        check_text(text, f"docs[{key!r}]")


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"
