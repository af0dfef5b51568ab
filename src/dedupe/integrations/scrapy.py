"""Scrapy: items whose text was scraped before are dropped, in this crawl or an earlier one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Self

from dedupe.integrations._frameworks import require
from dedupe.integrations.memory import Memory

require("scrapy", "scrapy")

from itemadapter import ItemAdapter  # after the check
from scrapy.exceptions import DropItem

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

__all__ = ["DedupePipeline"]


class DedupePipeline:
    """Item pipeline: keep the first of near-duplicate items; all item types that Scrapy knows.

    Settings of the project:
        DEDUPE_INDEX: Folder of the index, made when it is not there; it remembers from crawl to crawl. Without it the
            memory ends with the crawl.
        DEDUPE_TEXT: Field with the text, ``text`` by default. Items without one pass.
        DEDUPE_URL: Field that names an item in messages and in the index, ``url`` by default.
        DEDUPE_OPTIONS: Dict with fields of :class:`dedupe.Options`, as in ``{"threshold": 0.8}``.

    A page that comes again as it was is a duplicate of itself; one that has changed enough is kept, and its new text
    takes the place of the old one in the index.
    Stats of the crawl: ``dedupe/kept``, ``dedupe/dropped``, ``dedupe/without_text``.
    """

    def __init__(
        self,
        index: str | None = None,
        *,
        text: str = "text",
        url: str = "url",
        options: dict[str, Any] | None = None,
        stats: Any = None,
    ) -> None:
        """Set it up; the index is opened with the spider."""
        self.place, self.text, self.url = index, text, url
        self.options, self.stats = options or {}, stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Read the settings of the project."""
        settings = crawler.settings
        return cls(
            settings.get("DEDUPE_INDEX"),
            text=settings.get("DEDUPE_TEXT", "text"),
            url=settings.get("DEDUPE_URL", "url"),
            options=settings.getdict("DEDUPE_OPTIONS"),
            stats=crawler.stats,
        )

    def open_spider(self) -> None:
        """Open the index."""
        self._memory = Memory(self.place, **self.options)

    def close_spider(self) -> None:
        """Close it."""
        self._memory.close()

    def process_item(self, item: Any) -> Any:
        """Pass an item on, or drop it with the URL of the one that stays.

        Raises:
            DropItem: A text like this was scraped before.
        """
        fields = ItemAdapter(item)
        text = fields.get(self.text)
        if not isinstance(text, str) or not text.strip():
            self._count("without_text")
            return item
        index = self._memory.index
        found = index.query(text, k=1)
        if found:
            self._count("dropped")
            raise DropItem(
                f"near-duplicate of {found[0].id} (similarity {found[0].similarity:.2f}, {found[0].verdict})"
            )
        name = fields.get(self.url)
        index.add([(str(name) if name else uuid.uuid4().hex, text)], on_conflict="replace")
        self._count("kept")
        return item

    def _count(self, what: str) -> None:
        if self.stats is not None:
            self.stats.inc_value(f"dedupe/{what}")
