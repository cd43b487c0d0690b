"""Why a crawl ends before its end."""


class CrawlError(Exception):
    """The message becomes the crawl's ErrorMessage."""


class CrawlStopped(Exception):  # noqa: N818  a stop on request is not an error
    """StopCrawler was called."""
