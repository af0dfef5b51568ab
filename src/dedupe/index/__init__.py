"""The index that stays on the disk: a SQLite catalogue and immutable segments."""

from dedupe.index.errors import IndexDamaged, IndexLocked
from dedupe.index.exchange import from_datasketch
from dedupe.index.index import Index
from dedupe.index.results import AddReport, Check, IndexDuplicate, IndexMatch

__all__ = [
    "AddReport",
    "Check",
    "Index",
    "IndexDamaged",
    "IndexDuplicate",
    "IndexLocked",
    "IndexMatch",
    "from_datasketch",
]
