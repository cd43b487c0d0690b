"""Crawlers and crawls as the Glue API shows them. No thread or lock is kept here: a crawl is picklable."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from moto.core.utils import utcnow
from moto.glue.models import FakeCrawler
from moto.moto_api._internal import mock_random

LOG_GROUP = "/aws-glue/crawlers"
LAST_CRAWL_STATUS = {"COMPLETED": "SUCCEEDED", "FAILED": "FAILED", "STOPPED": "CANCELLED"}
CRAWLER_FIELDS = {
    "Role": "role",
    "DatabaseName": "database_name",
    "Description": "description",
    "Targets": "targets",
    "Schedule": "schedule",
    "Classifiers": "classifiers",
    "TablePrefix": "table_prefix",
    "SchemaChangePolicy": "schema_change_policy",
    "RecrawlPolicy": "recrawl_policy",
    "LineageConfiguration": "lineage_configuration",
    "Configuration": "configuration",
    "CrawlerSecurityConfiguration": "crawler_security_configuration",
}


@dataclass
class CrawlChanges:
    """Names of what a crawl changed in the catalog, by kind (TABLE, PARTITION) and change (ADD, UPDATE, DELETE)."""

    names: dict[str, dict[str, list[str]]] = field(default_factory=lambda: {"TABLE": {}, "PARTITION": {}})

    def record(self, kind: str, change: str, name: str) -> None:
        self.names[kind].setdefault(change, []).append(name)

    def count(self, kind: str, change: str) -> int:
        return len(self.names[kind].get(change, []))

    def summary(self) -> str:
        """As ListCrawls gives it: JSON by kind, each with a JSON text by change."""
        return json.dumps(
            {
                kind: json.dumps(
                    {change: {"Count": len(names), "Details": {"names": names}} for change, names in changes.items()}
                )
                for kind, changes in self.names.items()
                if changes
            }
        )


class LocalCrawl:
    """One run of a crawler; its state is RUNNING, STOPPING, COMPLETED, FAILED or STOPPED."""

    def __init__(self, crawler_name: str) -> None:
        self.crawl_id = str(mock_random.uuid4())
        self.crawler_name = crawler_name
        self.status = "RUNNING"
        self.start_time = utcnow()
        self.end_time: datetime | None = None
        self.error_message: str | None = None
        self.changes = CrawlChanges()

    @property
    def is_active(self) -> bool:
        return self.status in {"RUNNING", "STOPPING"}

    def finish(self, status: str, error_message: str | None = None) -> None:
        self.end_time = utcnow()
        self.error_message = error_message
        self.status = status

    def seconds(self) -> float:
        return ((self.end_time or utcnow()) - self.start_time).total_seconds()

    def as_dict(self) -> dict[str, Any]:
        crawl = {
            "CrawlId": self.crawl_id,
            "State": "RUNNING" if self.is_active else self.status,
            "StartTime": self.start_time,
            "EndTime": self.end_time,
            "Summary": self.changes.summary(),
            "ErrorMessage": self.error_message,
            "LogGroup": LOG_GROUP,
            "LogStream": self.crawler_name,
            "MessagePrefix": self.crawl_id,
            "DPUHour": 0.0,
        }
        return {name: value for name, value in crawl.items() if value is not None}

    def as_last_crawl(self) -> dict[str, Any]:
        last_crawl = {
            "Status": LAST_CRAWL_STATUS[self.status],
            "ErrorMessage": self.error_message,
            "LogGroup": LOG_GROUP,
            "LogStream": self.crawler_name,
            "MessagePrefix": self.crawl_id,
            "StartTime": self.start_time,
        }
        return {name: value for name, value in last_crawl.items() if value is not None}


class LocalCrawler(FakeCrawler):
    """A crawler's definition and its crawls, the oldest first."""

    crawls: list[LocalCrawl]

    @property
    def status(self) -> str:
        """READY, RUNNING or STOPPING."""
        return self.crawls[-1].status if self.crawls and self.crawls[-1].is_active else "READY"

    @property
    def finished_crawls(self) -> list[LocalCrawl]:
        return [crawl for crawl in self.crawls if not crawl.is_active]

    def replace_definition(self, update: dict[str, Any]) -> None:
        for name, attribute in CRAWLER_FIELDS.items():
            if name in update:
                setattr(self, attribute, update[name])
        self.last_updated = utcnow()
        self.version += 1

    def as_dict(self) -> dict[str, Any]:
        active = self.crawls[-1] if self.status != "READY" else None
        finished = self.finished_crawls
        definition = {name: getattr(self, attribute) for name, attribute in CRAWLER_FIELDS.items()}
        schedule = definition.pop("Schedule")
        crawler = {
            **definition,
            "Name": self.name,
            "State": self.status,
            "Schedule": {"ScheduleExpression": schedule, "State": "SCHEDULED"} if schedule else None,
            "CrawlElapsedTime": int(active.seconds() * 1000) if active else 0,
            "CreationTime": self.creation_time,
            "LastUpdated": self.last_updated,
            "LastCrawl": finished[-1].as_last_crawl() if finished else None,
            "Version": self.version,
        }
        return {name: value for name, value in crawler.items() if value is not None}

    def metrics(self) -> dict[str, Any]:
        """The tables of all its crawls, as GetCrawlerMetrics counts them."""
        seconds = [crawl.seconds() for crawl in self.finished_crawls]
        tables = {
            f"Tables{name}": sum(crawl.changes.count("TABLE", change) for crawl in self.crawls)
            for name, change in (("Created", "ADD"), ("Updated", "UPDATE"), ("Deleted", "DELETE"))
        }
        return {
            "CrawlerName": self.name,
            "TimeLeftSeconds": 0.0,
            "StillEstimating": self.status != "READY",
            "LastRuntimeSeconds": seconds[-1] if seconds else 0.0,
            "MedianRuntimeSeconds": median(seconds) if seconds else 0.0,
            **tables,
        }
