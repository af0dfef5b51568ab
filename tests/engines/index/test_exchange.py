"""datasketch's index made from ours answers the same candidates, in memory and in Redis, and is read back."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engines.index import writer

from dedupe import DedupeError, InputError
from dedupe.engines.index import Index, from_datasketch
from dedupe.engines.index.querying import candidates, prepare

DOCS = {**writer.truth(3, 8), "short": "rain", "none": "!!!"}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index(tmp_path / "a.idx", threshold=0.6, lose="words") as made:
        made.add(DOCS)
        yield made


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A Redis server on a free port of this machine, for these tests alone."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    pytest.importorskip("redis", reason="the Python client of Redis is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def our_candidates(index: Index, text: str) -> set[Any]:
    view = index._view()
    heads = candidates(view, prepare(view, [text]))[1]
    return set(view.doc_ids(view.docs_of(heads)))


def words_once(index: Index) -> dict[Any, str]:
    """Documents that stand for their words; ours names the others by them."""
    return {one: text for one, text in DOCS.items() if one != "none" and one in our_candidates(index, text)}


def test_datasketch_in_memory_answers_the_same(index: Index) -> None:
    lsh = index.to_datasketch()
    heads = words_once(index)

    assert len(heads) > 20
    for text in heads.values():
        assert set(lsh.query(index.signature(text))) & heads.keys() == our_candidates(index, text)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_datasketch_in_redis_answers_the_same_and_is_read_back(index: Index, redis_port: int) -> None:
    config = {"type": "redis", "basename": b"test", "redis": {"host": "127.0.0.1", "port": redis_port}}
    lsh = index.to_datasketch(storage_config=config)
    heads = words_once(index)

    for text in heads.values():
        found = {key.decode() for key in lsh.query(index.signature(text))}
        assert found & heads.keys() == our_candidates(index, text)
    read = dict(from_datasketch(lsh))
    assert read.keys() == {one.encode() for one in DOCS if one != "none"}
    for key, signature in read.items():
        assert (signature == index.signature(DOCS[key.decode()]).hashvalues).all()


def test_signatures_are_read_back(index: Index) -> None:
    read = dict(from_datasketch(index.to_datasketch()))

    assert read.keys() == DOCS.keys() - {"none"}
    for key, signature in read.items():
        assert (signature == index.signature(DOCS[key]).hashvalues).all()


def test_an_index_without_texts_gives_the_same_signatures(index: Index, tmp_path: Path) -> None:
    with Index(tmp_path / "b.idx", threshold=0.6, store_text=False) as other:
        other.add(DOCS)
        blocks = np.arange(len(DOCS) - 1)
        assert (other._view().signatures(blocks) == index._view().signatures(blocks)).all()


def test_datasketch_has_our_candidates_and_more_where_what_differs_decides(tmp_path: Path) -> None:
    with Index(tmp_path / "c.idx", threshold=0.6) as index:
        index.add(DOCS)
        lsh = index.to_datasketch()

        for text in words_once(index).values():
            assert our_candidates(index, text) <= set(lsh.query(index.signature(text)))


def test_blocks_have_numbers(tmp_path: Path) -> None:
    with Index(tmp_path / "c.idx", unit="paragraph") as index:
        index.add({"a": "first words of a text\n\nother words of that text", "b": "words of another text"})
        assert set(index.to_datasketch().keys.keys()) == {"a#0", "a#1", "b#0"}


def test_what_cannot_be_read_is_refused(index: Index) -> None:
    with pytest.raises(InputError, match="hashfunc"):
        next(from_datasketch(index.to_datasketch(hashfunc=lambda data: data[:4])))
    with pytest.raises(InputError, match="pickles its keys"):
        next(from_datasketch(index.to_datasketch(prepickle=True)))


def test_one_band_is_refused(tmp_path: Path) -> None:
    with Index(tmp_path / "d.idx", threshold=1.0, lose="words") as index, pytest.raises(DedupeError, match="needs two"):
        index.to_datasketch()
