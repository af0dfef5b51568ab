"""What each adapter adds to a call of the library on the same texts: `python -m benchmarks.integrations`.

It needs the frameworks: `make adapters` makes the environment `.venv-adapters`.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import daft
import datasets
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
from datatrove.data import Document as Page
from haystack import Document as HaystackDocument
from langchain_core.documents import Document
from llama_index.core.schema import NodeWithScore, TextNode

import dedupe
from benchmarks import report
from benchmarks.corpora import made_texts
from dedupe.cli.pipe import Pipe, run
from dedupe.integrations import datasets as for_datasets
from dedupe.integrations.datatrove import Clean, DropDuplicates
from dedupe.integrations.haystack import DocumentDeduplicator
from dedupe.integrations.langchain import DedupeCompressor, DedupeTransformer
from dedupe.integrations.llama_index import DedupePostprocessor, DedupeTransform
from dedupe.integrations.sklearn import NearDuplicates
from dedupe.verbs.plant import plant

_PACKAGES = (
    "numpy rapidfuzz datasketch pandas polars pyarrow duckdb daft datasets langchain-core llama-index-core haystack-ai "
    "datatrove scikit-learn"
)
BATCH = 1000


class Case:
    """An adapter, and the call of the library that does the same to the same texts."""

    def __init__(self, name: str, adapter: Callable[[], Any], library: Callable[[], Any]) -> None:
        self.name = name
        self.calls = {"adapter": adapter, "library": library}
        self.took: dict[str, list[tuple[float, float]]] = {"adapter": [], "library": []}

    def measure(self, repeats: int) -> None:
        """Run both in turn; one run of each first, which is not counted."""
        for repeat in range(repeats + 1):
            for which in ("library", "adapter") if repeat % 2 else ("adapter", "library"):
                gc.collect()
                wall, used = time.perf_counter(), time.process_time()
                self.calls[which]()
                taken = (time.perf_counter() - wall, time.process_time() - used)
                if repeat:
                    self.took[which].append(taken)

    def median(self, which: str, clock: int) -> float:
        """The middle of the repeats; clock 0 is the wall's, 1 counts what all threads used."""
        return statistics.median(taken[clock] for taken in self.took[which])


def _index_alone(texts: list[str]) -> None:
    """The library's own way with texts that come in batches."""
    with tempfile.TemporaryDirectory() as folder, dedupe.Index(f"{folder}/seen.idx", store_text=False) as index:
        for first in range(0, len(texts), BATCH):
            index.add(list(enumerate(texts[first : first + BATCH], first)))


def _cleaned_alone(texts: list[str]) -> None:
    for first in range(0, len(texts), BATCH):
        dedupe.clean_many(texts[first : first + BATCH])


def _mapped_alone(data: Any) -> None:
    """What one would write by hand."""
    data.map(lambda batch: {"text": dedupe.clean_many(batch["text"])}, batched=True)


def _spent(stream: Any) -> None:
    for _ in stream:
        pass


def _piped(data: bytes) -> None:
    run(io.BytesIO(data), io.BytesIO(), Pipe())


def _piped_alone(data: bytes) -> None:
    """What a script around the library would do: parse, clean, write."""
    lines = data.splitlines()
    for first in range(0, len(lines), BATCH):
        rows = [json.loads(line) for line in lines[first : first + BATCH]]
        cleaned = dedupe.clean_many([row["text"] for row in rows])
        "\n".join(json.dumps({**row, "text": text}) for row, text in zip(rows, cleaned, strict=True)).encode()


def _rows(texts: list[str]) -> list[Case]:
    """Every adapter on many rows. Frames and datasets are made beforehand, as a user has them."""
    columns = {"text": texts, "n": list(range(len(texts)))}
    table = pa.table({"text": pa.array(texts, pa.large_string()), "n": columns["n"]})
    made: dict[str, Any] = {
        "pandas": pd.DataFrame(columns),
        "pandas, objects": pd.DataFrame(columns).astype({"text": object}),
        "Polars": pl.DataFrame(columns),
        "pyarrow": table,
        "DuckDB": duckdb.connect().from_arrow(table),
        "Daft": daft.from_pydict(columns),
    }
    data = datasets.Dataset.from_dict(columns)
    repeats = [f"{text}\n\n{other}\n\n{text}" for text, other in zip(texts[::2], texts[1::2], strict=True)]
    doubled = datasets.Dataset.from_dict({"text": repeats})
    long = pa.table({"text": pa.array(repeats, pa.large_string())})
    documents = [Document(text) for text in texts]
    nodes = [TextNode(text=text) for text in texts]
    pages = [Page(text, str(number)) for number, text in enumerate(texts)]
    others = [HaystackDocument(id=str(number), content=text) for number, text in enumerate(texts)]
    lines = "".join(json.dumps({"text": text, "n": number}) + "\n" for number, text in enumerate(texts)).encode()

    def find() -> Any:
        return dedupe.find(texts)

    cases = [
        Case(f"unique, {name}", lambda f=frame: dedupe.unique(f, text="text"), find) for name, frame in made.items()
    ]
    cases += [
        Case("clean_many, pyarrow", lambda: dedupe.clean_many(long, text="text"), lambda: dedupe.clean_many(repeats)),
        Case("datasets, unique", lambda: for_datasets.unique(data), find),
        Case("datasets, clean", lambda: for_datasets.clean(doubled), lambda: _mapped_alone(doubled)),
        Case(
            "datasets, stream",
            lambda: _spent(for_datasets.unique(data.to_iterable_dataset())),
            lambda: (_index_alone(texts), _spent(data.to_iterable_dataset())),
        ),
        Case("LangChain", lambda: DedupeTransformer().transform_documents(documents), find),
        Case("LlamaIndex", lambda: DedupeTransform()(nodes), find),
        Case("Haystack", lambda: DocumentDeduplicator().run(others), find),
        Case("scikit-learn", lambda: NearDuplicates().fit(texts), find),
        Case("datatrove, Clean", lambda: _spent(Clean().run(iter(pages))), lambda: _cleaned_alone(texts)),
        Case(
            "datatrove, DropDuplicates", lambda: _spent(DropDuplicates().run(iter(pages))), lambda: _index_alone(texts)
        ),
        Case("pipe", lambda: _piped(lines), lambda: _piped_alone(lines)),
    ]
    return cases


def _chunks(texts: list[str]) -> list[Case]:
    """Retrieval of 50 chunks of about 180 words, each with 25 words of the one before."""
    words = " ".join(texts).split()
    chunks = [" ".join(words[place * 155 : place * 155 + 180]) for place in range(50)]
    documents = [Document(text, metadata={"source": str(place)}) for place, text in enumerate(chunks)]
    nodes = [NodeWithScore(node=TextNode(text=text), score=1 - place / 50) for place, text in enumerate(chunks)]
    others = [HaystackDocument(id=str(place), content=text) for place, text in enumerate(chunks)]
    compressor, postprocessor = DedupeCompressor(), DedupePostprocessor()
    component = DocumentDeduplicator(trim_overlap=True)

    def find() -> Any:
        return dedupe.find(chunks)

    return [
        Case("LangChain", lambda: compressor.compress_documents(documents, "query"), find),
        Case("LlamaIndex", lambda: postprocessor.postprocess_nodes(nodes, query_str="query"), find),
        Case("Haystack", lambda: component.run(others), find),
    ]


def tables(n_rows: int, repeats: int) -> list[report.Table]:
    """Measure everything."""
    texts = plant(list(made_texts(n_rows * 4 // 5, words=100)), rate=0.25).texts[:n_rows]
    rows = report.Table(
        "integrations-rows",
        f"Adapters on {len(texts):,} rows beside the library on the same texts",
        "reading and writing files, embedding, other processes; text that is made.",
        {"rows": len(texts), "repeats": repeats, "seed": 1, "goal": "added below 10 %"},
        ["adapter", "library s", "adapter s", "added %", "library CPU s", "adapter CPU s", "added CPU %"],
    )
    for case in _rows(texts):
        case.measure(repeats)
        figures = [case.median(which, clock) for clock in (0, 1) for which in ("library", "adapter")]
        added = [round(100 * (figures[place + 1] / figures[place] - 1), 1) for place in (0, 2)]
        rows.rows.append([case.name, *figures[:2], f"{added[0]:+}", *figures[2:], f"{added[1]:+}"])
    chunks = report.Table(
        "integrations-chunks",
        "Retrieval adapters on 50 chunks beside find on the same texts",
        "the retrieval itself; overlaps that are not the same to the letter.",
        {"chunks": 50, "repeats": repeats * 40, "goal": "added below 2 ms"},
        ["adapter", "find ms", "adapter ms", "added ms"],
    )
    for case in _chunks(texts[:200]):
        case.measure(repeats * 40)
        library, adapter = (1000 * case.median(which, 0) for which in ("library", "adapter"))
        chunks.rows.append([case.name, library, adapter, adapter - library])
    return [rows, chunks]


def main() -> None:
    """Run, print, and write when a folder was given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.integrations", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, help="folder for JSON and Markdown")
    given = parser.parse_args()
    datasets.disable_progress_bars()
    datasets.disable_caching()
    around = report.surroundings(_PACKAGES.split())
    report.publish(tables(given.rows, given.repeats), around, given.out)


if __name__ == "__main__":
    main()
