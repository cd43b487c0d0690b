"""The Glue actions that moto lacks or answers in one page."""

from moto.core.responses import TYPE_RESPONSE, ActionResult, EmptyResult
from moto.glue.utils import validate_crawl_filters

from local_aws.glue.data_quality.responses import DataQualityResponse
from local_aws.glue.exceptions import EntityNotFoundException, InvalidInputError
from local_aws.glue.lock import glue_lock
from local_aws.glue.search import matching_tables
from local_aws.glue.validation import ValidationError, check_parameters

PARTITION_PAGE_SIZE = 1000


class LocalGlueResponse(DataQualityResponse):
    """One request at a time: each is short, and so every reader sees whole changes only."""

    def call_action(self) -> TYPE_RESPONSE:
        try:
            check_parameters(self._get_action(), self.parameters)
        except ValidationError as error:
            return error.code, {**dict(error.get_headers()), "status": error.code}, error.description
        with glue_lock:
            return super().call_action()

    def get_databases(self) -> ActionResult:
        return self.page("DatabaseList", [database.as_dict() for database in self.glue_backend.get_databases()])

    def get_tables(self) -> ActionResult:
        parameters = self.parameters
        tables = self.glue_backend.get_tables(parameters["DatabaseName"], parameters.get("Expression"))
        return self.page("TableList", [table.as_dict() for table in tables])

    def search_tables(self) -> ActionResult:
        backend = self.glue_backend
        tables = [
            table.as_dict() for known in backend.get_databases() for table in backend.get_tables(known.name, None)
        ]
        return self.page("TableList", matching_tables(tables, self.parameters))

    def get_table_versions(self) -> ActionResult:
        parameters = self.parameters
        versions = self.glue_backend.get_table_versions(parameters["DatabaseName"], parameters["TableName"])
        newest_first = sorted(versions.items(), key=lambda version: int(version[0]), reverse=True)
        return self.page("TableVersions", [{"Table": table, "VersionId": version} for version, table in newest_first])

    def batch_delete_table_version(self) -> ActionResult:
        parameters = self.parameters
        errors = []
        for version_id in parameters["VersionIds"]:
            try:
                self.glue_backend.delete_table_version(parameters["DatabaseName"], parameters["TableName"], version_id)
            except (EntityNotFoundException, InvalidInputError) as error:
                detail = {"ErrorCode": error.error_type, "ErrorMessage": error.message}
                errors.append({"TableName": parameters["TableName"], "VersionId": version_id, "ErrorDetail": detail})
        return ActionResult({"Errors": errors})

    def get_partitions(self) -> ActionResult:
        parameters = self.parameters
        partitions = self.glue_backend.get_partitions(
            parameters["DatabaseName"], parameters["TableName"], parameters.get("Expression")
        )
        segment = parameters.get("Segment")
        if segment:
            partitions = partitions[segment["SegmentNumber"] :: segment["TotalSegments"]]
        return self.page("Partitions", [partition.as_dict() for partition in partitions], PARTITION_PAGE_SIZE)

    def create_table(self) -> EmptyResult:
        """An Iceberg table may be described by OpenTableFormatInput alone."""
        parameters = self.parameters
        table_input = parameters.get("TableInput") or {}
        name = parameters.get("Name") or table_input.get("Name")
        if not name or not (table_input or parameters.get("OpenTableFormatInput")):
            raise InvalidInputError("CreateTable needs a TableInput with a Name.")
        self.glue_backend.create_table(
            parameters["DatabaseName"], name, table_input, parameters.get("OpenTableFormatInput")
        )
        return EmptyResult()

    def update_table(self) -> EmptyResult:
        parameters = self.parameters
        if "TableInput" not in parameters:
            raise InvalidInputError("The local Glue updates a table by its TableInput only.")
        table_input = parameters["TableInput"]
        self.glue_backend.update_table(
            parameters["DatabaseName"],
            table_input["Name"],
            table_input,
            parameters.get("VersionId"),
            archives=not parameters.get("SkipArchive"),
        )
        return EmptyResult()

    def update_job(self) -> ActionResult:
        name = self.parameters["JobName"]
        self.glue_backend.update_job(name, self.parameters["JobUpdate"])
        return ActionResult({"JobName": name})

    def batch_stop_job_run(self) -> ActionResult:
        return ActionResult(
            self.glue_backend.batch_stop_job_run(self.parameters["JobName"], self.parameters["JobRunIds"])
        )

    def update_crawler(self) -> EmptyResult:
        self.glue_backend.update_crawler(self.parameters["Name"], self.parameters)
        return EmptyResult()

    def get_crawlers(self) -> ActionResult:
        return self.page("Crawlers", [crawler.as_dict() for crawler in self.glue_backend.get_crawlers()])

    def get_crawler_metrics(self) -> ActionResult:
        names = self.parameters.get("CrawlerNameList")
        return self.page("CrawlerMetricsList", self.glue_backend.get_crawler_metrics(names))

    def list_crawls(self) -> ActionResult:
        filters = validate_crawl_filters(self.parameters.get("Filters", []))
        crawls = self.glue_backend.matching_crawls(self.parameters["CrawlerName"], filters)
        return self.page("Crawls", [crawl.as_dict() for crawl in crawls])
