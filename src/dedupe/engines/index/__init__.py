"""The index that stays on the disk: a SQLite catalogue and immutable segments."""

from dedupe.engines.index.index import Index
from dedupe.engines.index.results import AddReport, Check, IndexDuplicate, IndexMatch
from dedupe.engines.index.storage.exchange import from_datasketch
from dedupe.engines.index.storage.opening import index_folder
from dedupe.errors import IndexDamaged, IndexLocked

__all__ = [
    "AddReport",
    "Check",
    "Index",
    "IndexDamaged",
    "IndexDuplicate",
    "IndexLocked",
    "IndexMatch",
    "from_datasketch",
    "index_folder",
]
