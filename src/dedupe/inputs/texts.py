"""A text, checked; and the texts of a batch as a sequence of str."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import overload

from dedupe.core.text.batch import Batch, encode
from dedupe.errors import InputError


class Texts(Sequence[str]):
    """The texts of a batch; each is decoded when it is asked for.

    Attributes:
        batch: The texts as bytes.
    """

    def __init__(self, batch: Batch) -> None:
        """Keep the batch; nothing is copied."""
        self.batch = batch

    def __len__(self) -> int:
        """Number of texts."""
        return int(self.batch.offsets.size - 1)

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> list[str]: ...
    def __getitem__(self, number: int | slice) -> str | list[str]:
        """The text of this number, or a list of them."""
        if isinstance(number, slice):
            return [self[i] for i in range(len(self))[number]]
        number = range(len(self))[number]
        start, end = self.batch.offsets[number : number + 2].tolist()
        return self.batch.buffer[start:end].tobytes().decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        """Decode one after the other."""
        return (self[i] for i in range(len(self)))


def batch_of(texts: Sequence[str]) -> Batch:
    """The texts as bytes: as they came, or encoded."""
    return texts.batch if isinstance(texts, Texts) else encode(texts)


def check_text(text: object, where: str = "the text") -> str:
    """Return `text` if it is a str.

    Raises:
        InputError: It is something else; says what and how to turn it into text.
    """
    if isinstance(text, str):
        return text
    if isinstance(text, bytes | bytearray | memoryview):
        raise InputError(f"{where} is {type(text).__name__}, not str; decode it first, as in data.decode('utf-8')")
    if text is None or (isinstance(text, float) and math.isnan(text)):  # pandas and NumPy write NaN for a null text
        raise InputError(f"{where} is {text}, not str; leave it out, or give '' for an empty text")
    raise InputError(f"{where} is {type(text).__name__}, not str: {shortened(text)}")


def shortened(value: object) -> str:
    """The repr of a value, cut to what an error message can hold."""
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"
