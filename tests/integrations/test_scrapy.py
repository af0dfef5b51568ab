"""Scrapy: a real crawl of a small site on the loopback."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from integrations.site import serving
from integrations.stories import BRIDGE, BRIDGE_AGAIN
from scrapy.exceptions import DropItem
from scrapy.settings import Settings
from scrapy.statscollectors import MemoryStatsCollector

from dedupe.integrations.scrapy import DedupePipeline

CRAWL = Path(__file__).with_name("crawl.py")


def crawl(address, index=""):
    done = subprocess.run(
        [sys.executable, CRAWL, address, str(index)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_mirrored_and_edited_pages_are_dropped_with_the_url_of_the_first():
    with serving() as address:
        found = crawl(address)

    assert found["kept"] == ["/bridge", "/library", "/photo"]
    assert found["stats"] == {"dedupe/kept": 2, "dedupe/dropped": 2, "dedupe/without_text": 1}
    assert found["dropped"] == [
        f"near-duplicate of {address}/bridge (similarity 1.00, identical)",
        f"near-duplicate of {address}/bridge (similarity 1.00, similar)",
    ]


def test_a_second_crawl_remembers_the_first(tmp_path):
    with serving() as address:
        first = crawl(address, tmp_path / "seen.idx")
        second = crawl(address, tmp_path / "seen.idx")

    assert first["kept"] == ["/bridge", "/library", "/photo"]
    assert second["kept"] == ["/photo"]
    assert second["stats"]["dedupe/dropped"] == 4


@pytest.fixture
def pipeline(tmp_path):
    settings = Settings(
        {"DEDUPE_INDEX": str(tmp_path / "seen.idx"), "DEDUPE_TEXT": "body", "DEDUPE_OPTIONS": {"threshold": 0.6}}
    )
    crawler = SimpleNamespace(settings=settings)
    crawler.stats = MemoryStatsCollector(crawler)
    made = DedupePipeline.from_crawler(crawler)
    made.open_spider()
    yield made
    made.close_spider()


def test_settings_of_the_project_are_read(pipeline):
    assert pipeline.process_item({"body": BRIDGE}) == {"body": BRIDGE}
    with pytest.raises(DropItem, match="near-duplicate of"):
        pipeline.process_item({"body": BRIDGE_AGAIN, "url": "http://example.org/2"})


def test_a_page_that_changed_takes_the_place_of_its_old_self(pipeline):
    pipeline.process_item({"body": "The old text of the page, of which nothing is left.", "url": "u"})
    pipeline.process_item({"body": BRIDGE, "url": "u"})

    assert len(pipeline._memory.index) == 1
    with pytest.raises(DropItem, match="near-duplicate of u "):
        pipeline.process_item({"body": BRIDGE})


@pytest.mark.parametrize(
    "item", [{}, {"body": None}, {"body": " "}, {"body": 3}], ids=["none", "null", "blank", "number"]
)
def test_items_without_text_pass(pipeline, item):
    assert pipeline.process_item(item) is item
    assert pipeline.stats.get_value("dedupe/without_text") == 1
