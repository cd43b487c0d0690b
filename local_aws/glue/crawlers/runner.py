"""Runs crawls: one thread per crawl."""

import logging
import threading
from typing import Any

from local_aws import access, state
from local_aws.access.catalog import CatalogAccess
from local_aws.access.objects import authorize_listing, authorize_object
from local_aws.glue.catalog import CatalogBackend, LocalTable
from local_aws.glue.crawlers.definition import s3_url
from local_aws.glue.crawlers.errors import CrawlError, CrawlStopped
from local_aws.glue.crawlers.files import DataFile, data_files
from local_aws.glue.crawlers.iceberg import iceberg_folders
from local_aws.glue.crawlers.layout import Schemas, TableFiles, find_tables
from local_aws.glue.crawlers.model import LOG_GROUP, LocalCrawl, LocalCrawler
from local_aws.glue.crawlers.reading import read_schemas
from local_aws.glue.crawlers.schemas import FileSchema, file_schema
from local_aws.glue.crawlers.tables import crawled_table, table_name
from local_aws.glue.crawlers.writing import CatalogWriter
from local_aws.glue.exceptions import EntityNotFoundException
from local_aws.glue.jobs.logs import LogStream
from local_aws.glue.lock import glue_lock
from local_aws.storage import bucket_directory, object_path, split_s3_url

logger = logging.getLogger(__name__)

# How often a table is read again whose location was moved meanwhile.
MOVED_TABLE_ATTEMPTS = 3
SERVICE = "glue.amazonaws.com"
SESSION_NAME = "AWS-Crawler"

_stopping: dict[str, threading.Event] = {}


def start(backend: CatalogBackend, crawler: LocalCrawler, crawl: LocalCrawl) -> None:
    """Crawl in the background."""
    _stopping[crawl.crawl_id] = threading.Event()
    threading.Thread(target=_run, args=(backend, crawler, crawl), name=f"crawl-{crawler.name}", daemon=True).start()


def stop(crawl: LocalCrawl) -> None:
    """End the crawl after the file that it reads."""
    with glue_lock:
        crawl.status = "STOPPING"
        _stopping[crawl.crawl_id].set()


def _run(backend: CatalogBackend, crawler: LocalCrawler, crawl: LocalCrawl) -> None:
    role = access.arn_of_role(crawler.role, backend.account_id)
    try:
        session = access.service_session(role, SERVICE, SESSION_NAME)
    except access.AccessDeniedError:
        _end(crawl, "FAILED", f"Service is unable to assume provided role {role}. Please verify role's TrustPolicy")
        return
    with access.acting_as(session):
        _run_as_role(backend, crawler, crawl)


def _run_as_role(backend: CatalogBackend, crawler: LocalCrawler, crawl: LocalCrawl) -> None:
    crawling = _Crawling(backend, crawler, crawl)
    crawling.log(f"BENCHMARK : Running Start Crawl for Crawler {crawler.name}")
    status, error_message = _outcome(crawling, crawler)
    crawling.log(f"BENCHMARK : Crawler has ended: {status} {error_message or ''}".rstrip())
    _end(crawl, status, error_message)


def _end(crawl: LocalCrawl, status: str, error_message: str | None) -> None:
    with glue_lock:
        crawl.finish(status, error_message)
        del _stopping[crawl.crawl_id]
    state.save("glue")
    state.save("logs")


def _outcome(crawling: "_Crawling", crawler: LocalCrawler) -> tuple[str, str | None]:
    try:
        crawling.run()
    except CrawlStopped:
        return "STOPPED", None
    except (CrawlError, EntityNotFoundException, access.AccessDeniedError) as error:
        return "FAILED", getattr(error, "message", str(error))
    except Exception as error:
        logger.exception("The crawl of %s failed", crawler.name)
        return "FAILED", f"The local Glue could not crawl: {type(error).__name__}: {error}"
    return "COMPLETED", None


class _Crawling:
    """One crawl under way."""

    def __init__(self, backend: CatalogBackend, crawler: LocalCrawler, crawl: LocalCrawl) -> None:
        self._backend = backend
        self._crawler = crawler
        self._crawl = crawl
        self._is_stopping = _stopping[crawl.crawl_id].is_set
        self._access = CatalogAccess(backend.account_id, backend.region_name)
        self._stream = LogStream(backend.account_id, backend.region_name, LOG_GROUP, crawler.name)
        self._writer = CatalogWriter(backend, crawler.schema_change_policy, crawl.changes, self.log)

    def log(self, message: str) -> None:
        self._stream.write_line(f"[{self._crawl.crawl_id}] {message}")

    def run(self) -> None:
        targets = self._crawler.targets
        if targets.get("S3Targets") or targets.get("IcebergTargets"):
            s3_targets = [{**target, "Path": s3_url(target["Path"])} for target in targets.get("S3Targets") or []]
            iceberg_targets = [
                {**target, "Paths": [s3_url(path) for path in target["Paths"]]}
                for target in targets.get("IcebergTargets") or []
            ]
            self._make_database(self._crawler.database_name)
            self._crawl_folders(s3_targets, iceberg_targets)
        names = [
            (target["DatabaseName"], name) for target in targets.get("CatalogTargets", []) for name in target["Tables"]
        ]
        for database, name in names:
            self._catalog_table(database, name)
        for database, name in names:
            self._refresh(database, name)

    def _make_database(self, name: str) -> None:
        """A crawler makes the database that is not there.

        AWS's own code example "Get started with crawlers and jobs" names a new database, and reads it after the crawl.
        """
        self._access.database("GetDatabase", name)
        with glue_lock:
            try:
                self._backend.get_database(name)
            except EntityNotFoundException:
                self._access.database("CreateDatabase", name)
                self._backend.create_database(name, {"Name": name})
                self.log(f"INFO : Created the database {name}")

    def _crawl_folders(self, s3_targets: list[dict[str, Any]], iceberg_targets: list[dict[str, Any]]) -> None:
        database, prefix = self._crawler.database_name, self._crawler.table_prefix or ""
        present = set()
        for target in s3_targets:
            for crawled_files, schemas in self._s3_tables(target):
                crawled = crawled_table(crawled_files, schemas, self._crawler.name)
                name = table_name(crawled_files.bucket, crawled_files.root, prefix)
                present.add(self._writer.write_table(database, name, crawled, schemas))
        for target in iceberg_targets:
            for folder in iceberg_folders(target):
                if self._is_stopping():
                    raise CrawlStopped
                name = table_name(*split_s3_url(folder.url), prefix)
                present.add(self._writer.write_iceberg_table(database, name, folder, self._crawler.name))
        roots = [target["Path"] for target in s3_targets]
        roots += [path for target in iceberg_targets for path in target["Paths"]]
        self._writer.remove_vanished(database, self._crawler.name, roots, present)

    def _s3_tables(self, target: dict[str, Any]) -> list[tuple[TableFiles, Schemas]]:
        bucket, key = split_s3_url(target["Path"])
        if not bucket_directory(bucket).is_dir():
            raise CrawlError(f"The bucket {bucket} of the target {target['Path']} does not exist.")
        if key and object_path(bucket, key).is_file():
            file = DataFile(bucket, key, object_path(bucket, key).stat().st_size)
            schemas = self._read([file], None)
            return [(TableFiles(bucket, key, [file]), schemas)] if schemas else []
        root = f"{key.rstrip('/')}/" if key.strip("/") else ""
        authorize_listing(f"s3://{bucket}/{root}")
        files = data_files(bucket, root, target.get("Exclusions") or [])
        schemas = self._read(files, target.get("SampleSize"))
        return [(table_files, schemas) for table_files in find_tables(bucket, root, schemas)]

    def _catalog_table(self, database: str, name: str) -> LocalTable:
        self._access.table("GetTable", database, name)
        try:
            return self._backend.get_table(database, name)
        except EntityNotFoundException as error:
            raise CrawlError(f"The table {database}.{name} of a catalog target does not exist.") from error

    def _refresh(self, database: str, name: str) -> None:
        for _ in range(MOVED_TABLE_ATTEMPTS):
            location = self._catalog_table(database, name).location
            schemas = self._schemas_at(location)
            with glue_lock:
                table = self._catalog_table(database, name)
                if table.location == location:
                    self._refresh_from(table, schemas)
                    return
        raise CrawlError(f"The location of table {database}.{name} was moved again and again while it was crawled.")

    def _refresh_from(self, table: LocalTable, schemas: Schemas) -> None:
        if not schemas:
            self.log(f"WARN : Table {table.database_name}.{table.name} has no files at {table.location}")
            return
        bucket, root = split_s3_url(f"{table.location.rstrip('/')}/")
        files = TableFiles(bucket, root, list(schemas))
        crawled = crawled_table(files, schemas, self._crawler.name)
        declared = table.table_input.get("Parameters", {}).get("classification")
        found = crawled.parameters["classification"]
        if declared and declared != found:
            raise CrawlError(
                f"The table {table.database_name}.{table.name} is declared as {declared}, but {table.location} holds "
                f"{found}."
            )
        self._writer.refresh_table(table, crawled, schemas)

    def _schemas_at(self, location: str) -> Schemas:
        bucket, root = split_s3_url(f"{location.rstrip('/')}/")
        authorize_listing(f"s3://{bucket}/{root}")
        return self._read(data_files(bucket, root), None)

    def _read(self, files: list[DataFile], sample_size: int | None) -> Schemas:
        return read_schemas(files, sample_size, self._read_file)

    def _read_file(self, file: DataFile) -> FileSchema | None:
        if self._is_stopping():
            raise CrawlStopped
        authorize_object("s3:GetObject", file.url)
        schema = file_schema(file)
        if schema is None:
            self.log(f"INFO : {file.url} has no known classification and is left out")
        return schema
