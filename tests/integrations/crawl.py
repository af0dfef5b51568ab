"""One crawl in a process of its own, as Scrapy wants it: `crawl.py ADDRESS INDEX` prints items and stats."""

import dataclasses
import json
import sys
from typing import ClassVar

import scrapy
from scrapy import signals
from scrapy.crawler import CrawlerProcess


class Item(scrapy.Item):
    url = scrapy.Field()
    text = scrapy.Field()


@dataclasses.dataclass
class Page:
    url: str
    text: str


KINDS = [dict, Item, Page]


class Spider(scrapy.Spider):
    name = "pages"
    custom_settings: ClassVar = {
        "ITEM_PIPELINES": {"dedupe.integrations.scrapy.DedupePipeline": 300},
        "CONCURRENT_REQUESTS": 1,
        "DOWNLOAD_DELAY": 0,
        "CLOSESPIDER_TIMEOUT": 30,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "WARNING",
    }

    def parse(self, response):
        for place, link in enumerate(response.css("a::attr(href)").getall()):
            yield response.follow(link, self.page, priority=-place, cb_kwargs={"place": place})

    def page(self, response, place):
        text = "".join(response.css("article::text").getall())
        yield KINDS[place % 3](url=response.url, text=text)


def main(address: str, index: str) -> None:
    """Crawl from an address on; an empty index is a memory of this run alone."""
    found = {"kept": [], "dropped": []}
    process = CrawlerProcess({"DEDUPE_INDEX": index or None})
    crawler = process.create_crawler(Spider)
    crawler.signals.connect(
        lambda item: found["kept"].append((item.url if isinstance(item, Page) else item["url"])[len(address) :]),
        signals.item_scraped, weak=False,
    )  # fmt: skip
    crawler.signals.connect(lambda exception: found["dropped"].append(str(exception)), signals.item_dropped, weak=False)
    process.crawl(crawler, start_urls=[address + "/"])
    process.start()
    found["stats"] = {name: value for name, value in crawler.stats.get_stats().items() if name.startswith("dedupe/")}
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
