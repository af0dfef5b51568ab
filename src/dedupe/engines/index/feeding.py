"""Files into an index, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dedupe.engines.index.index import Index
from dedupe.engines.index.results import AddReport
from dedupe.errors import InputError
from dedupe.inputs.documents import Documents
from dedupe.inputs.formats import FORMATS, format_of, read
from dedupe.inputs.texts import Texts


def add_files(
    index: Index, paths: Sequence[str], *, id: str, text: str, format: str | None = None, on_conflict: str = "error"
) -> Iterator[AddReport]:
    """Add the rows of files, a commit for each few megabytes.

    Args:
        index: Where they go.
        paths: Files in any format that `dedupe corpus` reads.
        id: Column that names each document; without a value, file and row are its name.
        text: Column of the text.
        format: Format of all files, None to tell it from their names.
        on_conflict: As for `Index.add`.

    Yields:
        The report of each batch.

    Raises:
        InputError: A file cannot be read, or a row has no text; the batches before it are in the index.
    """
    for path in paths:
        kind = format_of(path, format)
        if kind is None:
            raise InputError(f"{path}: the name does not tell the format; give format= as one of {', '.join(FORMATS)}")
        row = 0
        try:
            for chunk in read(path, kind, text, [id, text]):
                texts = chunk.texts()
                for at, problem in texts.problems.items():
                    raise InputError(f"{path}, row {row + at}: {problem}")
                ids = [f"{path}:{row + at}" if key is None else key for at, key in enumerate(chunk.column(id))]
                row += chunk.n_rows
                yield index.add_documents(Documents(Texts(texts.batch), ids), on_conflict)
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror or error}") from error
