"""Pages of pictures, as they are made and as a browser has them."""

import gzip
import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from lakehouse.reports import REPORTS
from lakehouse_aws.reports.operator import ReportOperator

from lakehouse_contract.reports import report_key
from tests.dags.star_schema_lake import Lake


class Page(HTMLParser):
    """A page: the figures by the titles of their sections, the cells of its tables, its visible text, its tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.source = text
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        sections = re.findall(r"<section>\s*<h2>(.*?)</h2>(.*?)</section>", text, re.DOTALL)
        self.sections = {unescape(title): content for title, content in sections}
        embedded = re.search(r'<script type="application/json" id="figures">(.*?)</script>', text, re.DOTALL)
        self.by_id = json.loads(embedded[1]) if embedded else {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def traces(self, title: str) -> list[dict[str, Any]]:
        return self.by_id[re.search(r'id="(section-\d+)"', self.sections[title])[1]]["data"]

    def points(self, title: str) -> dict[str, dict]:
        """By the name of each trace its y by its x."""
        return {trace.get("name", ""): dict(zip(trace["x"], trace["y"], strict=True)) for trace in self.traces(title)}

    def cells(self, title: str) -> list[list[str]]:
        rows = re.findall(r"<tr>(<td.*?)</tr>", self.sections[title], re.DOTALL)
        return [[unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in rows]


def ask(lake: Lake, pipeline: str) -> str:
    return lake.run(
        ReportOperator,
        pipeline=pipeline,
        report=REPORTS[pipeline],
        data_docs_bucket=lake.name,
        data_docs_base_url="http://docs/",
        database=lake.database,
        workgroup=lake.name,
        output_location=f"s3://{lake.name}/results/",
    )


def stored(lake: Lake, pipeline: str) -> dict[str, Any]:
    return lake.aws("s3").get_object(Bucket=lake.name, Key=report_key(pipeline))


def page_of(lake: Lake, pipeline: str) -> Page:
    assert ask(lake, pipeline) == f"http://docs/{report_key(pipeline)}"
    return Page(gzip.decompress(stored(lake, pipeline)["Body"].read()).decode())
