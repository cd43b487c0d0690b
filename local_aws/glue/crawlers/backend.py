"""The crawler actions of the Glue backend."""

import operator
from typing import Any

from moto.glue.exceptions import CrawlerAlreadyExistsException, CrawlerNotRunningException, CrawlerRunningException
from moto.glue.utils import CrawlFilter, FilterField

from local_aws.glue.crawlers import runner
from local_aws.glue.crawlers.definition import check_definition, schema_change_policy
from local_aws.glue.crawlers.model import CRAWLER_FIELDS, LocalCrawl, LocalCrawler
from local_aws.glue.exceptions import EntityNotFoundException, InvalidInputError
from local_aws.glue.security import SecurityBackend

FILTER_FIELDS = {
    FilterField.CRAWL_ID: lambda crawl: crawl.crawl_id,
    FilterField.STATE: lambda crawl: crawl.as_dict()["State"],
    FilterField.START_TIME: lambda crawl: crawl.start_time.isoformat(),
    FilterField.END_TIME: lambda crawl: crawl.end_time.isoformat() if crawl.end_time else "",
}


class CrawlerBackend(SecurityBackend):
    crawlers: dict[str, LocalCrawler]

    def create_crawler(self, name: str, **definition: Any) -> None:
        if name in self.crawlers:
            raise CrawlerAlreadyExistsException
        tags = definition.pop("tags", None)
        definition["schema_change_policy"] = schema_change_policy(definition["schema_change_policy"])
        check_definition(**definition)
        self._check_catalog_targets(definition["targets"])
        self.check_security_configuration(definition["crawler_security_configuration"])
        self.crawlers[name] = LocalCrawler(name=name, **definition, tags=tags, backend=self)

    def update_crawler(self, name: str, update: dict[str, Any]) -> None:
        crawler = self.get_crawler(name)
        if crawler.status != "READY":
            raise CrawlerRunningException(f"Crawler with name {name} is running")
        definition = {
            attribute: update.get(field, getattr(crawler, attribute)) for field, attribute in CRAWLER_FIELDS.items()
        }
        policy = schema_change_policy(definition["schema_change_policy"])
        check_definition(**definition | {"schema_change_policy": policy})
        self._check_catalog_targets(definition["targets"])
        self.check_security_configuration(definition["crawler_security_configuration"])
        crawler.replace_definition(update | {"SchemaChangePolicy": policy})

    def _check_catalog_targets(self, targets: dict[str, Any]) -> None:
        """Raises InvalidInputError for a table that is not there.

        A catalog target is for tables that exist (developer guide, Specifying crawler sources). Whether AWS looks for
        them when the crawler is made or when it starts is not documented: here it is the earlier moment.
        """
        for target in targets.get("CatalogTargets") or []:
            for name in target["Tables"]:
                try:
                    self.get_table(target["DatabaseName"], name)
                except EntityNotFoundException as error:
                    raise InvalidInputError(
                        f"The table {target['DatabaseName']}.{name} of a catalog target does not exist."
                    ) from error

    def start_crawler(self, name: str) -> None:
        crawler = self.get_crawler(name)
        if crawler.status != "READY":
            raise CrawlerRunningException(f"Crawler with name {name} has already started")
        self.check_security_configuration(crawler.crawler_security_configuration)
        crawl = LocalCrawl(name)
        crawler.crawls.append(crawl)
        runner.start(self, crawler, crawl)

    def stop_crawler(self, name: str) -> None:
        crawler = self.get_crawler(name)
        if crawler.status != "RUNNING":
            raise CrawlerNotRunningException(f"Crawler with name {name} isn't running")
        runner.stop(crawler.crawls[-1])

    def delete_crawler(self, name: str) -> None:
        if self.get_crawler(name).status != "READY":
            raise CrawlerRunningException(f"Crawler with name {name} is running")
        super().delete_crawler(name)

    def get_crawler_metrics(self, names: list[str] | None) -> list[dict[str, Any]]:
        crawlers = [self.get_crawler(name) for name in names] if names else list(self.crawlers.values())
        return [crawler.metrics() for crawler in crawlers]

    def matching_crawls(self, crawler_name: str, filters: list[CrawlFilter]) -> list[LocalCrawl]:
        """The newest first."""
        crawler = self.crawlers.get(crawler_name)
        if crawler is None:
            raise EntityNotFoundException(f"Crawler entry with name {crawler_name} does not exist")
        return [crawl for crawl in reversed(crawler.crawls) if all(_matches(crawl, filter_) for filter_ in filters)]

    def fail_interrupted_crawls(self) -> None:
        for crawler in list(self.crawlers.values()):
            for crawl in crawler.crawls:
                if crawl.is_active:
                    crawl.finish("FAILED", "The endpoint was restarted while the crawler was running.")


def _matches(crawl: LocalCrawl, crawl_filter: CrawlFilter) -> bool:
    if crawl_filter.field_name not in FILTER_FIELDS:
        raise InvalidInputError(f"The local Glue does not filter crawls by {crawl_filter.field_name.value}.")
    compare = getattr(operator, crawl_filter.operator.value.lower())
    return compare(FILTER_FIELDS[crawl_filter.field_name](crawl), crawl_filter.field_value)
