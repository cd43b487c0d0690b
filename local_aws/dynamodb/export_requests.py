"""The requests about exports of tables to S3."""

import threading
import time
import uuid
from typing import Any

from local_aws.dynamodb import exports
from local_aws.dynamodb.definitions import table_not_found
from local_aws.dynamodb.exceptions import (
    ExportNotFoundException,
    InvalidExportTimeException,
    PointInTimeRecoveryUnavailableException,
    ResourceNotFoundException,
)
from local_aws.dynamodb.exports import Export, exports_of
from local_aws.dynamodb.table_requests import Handler
from local_aws.json_services import Parameters, operation

# A request with the token of an earlier one is that one, for so long (API reference, ExportTableToPointInTime).
TOKEN_SECONDS = 8 * 3600
# How far in the past an export may be of: changes since then are in it nevertheless.
PRESENT_SECONDS = 300


class ExportRequests:
    @operation(
        required=("TableArn", "S3Bucket"),
        optional=(
            "ClientToken",
            "ExportFormat",
            "ExportTime",
            "ExportType",
            "S3BucketOwner",
            "S3Prefix",
            "S3SseAlgorithm",
        ),
    )
    def export_table_to_point_in_time(self: Handler, parameters: Parameters) -> dict[str, Any]:
        """An export is of the table as it is: earlier times are refused, as their items are not kept."""
        _refuse_unsupported(parameters)
        try:
            table = self.backend.table(parameters["TableArn"])
        except ResourceNotFoundException as error:
            raise table_not_found(parameters["TableArn"]) from error
        if table.recoverable_since is None:
            raise PointInTimeRecoveryUnavailableException(
                f"Point in time recovery is not enabled for table '{table.name}'"
            )
        now = time.time()
        export_time = parameters.get("ExportTime", now)
        if not table.recoverable_since - 1 <= export_time <= now:
            raise InvalidExportTimeException("The specified ExportTime is outside of the point in time recovery window")
        if export_time < now - PRESENT_SECONDS:
            raise NotImplementedError(
                "An ExportTime more than five minutes ago: the local endpoint exports a table as it is"
            )
        token = parameters.get("ClientToken", str(uuid.uuid4()))
        for export in exports_of(self.backend.store.database.reader(), table.arn):
            if export.client_token == token and export.started_at > now - TOKEN_SECONDS:
                return {"ExportDescription": export.description()}
        export = Export(
            arn=f"{table.arn}/export/{exports.new_export_id()}",
            table_arn=table.arn,
            table_id=table.table_id,
            export_time=export_time,
            bucket=parameters["S3Bucket"],
            prefix=parameters.get("S3Prefix", ""),
            client_token=token,
            started_at=now,
        )
        self.backend.store.database.change(export.save)
        described = export.description()
        threading.Thread(target=exports.run, args=(self.backend, table, export), daemon=True).start()
        return {"ExportDescription": described}

    @operation(required=("ExportArn",))
    def describe_export(self: Handler, parameters: Parameters) -> dict[str, Any]:
        for export in exports_of(self.backend.store.database.reader()):
            if export.arn == parameters["ExportArn"]:
                return {"ExportDescription": export.description()}
        raise ExportNotFoundException(f"Export not found: {parameters['ExportArn']}")

    @operation(optional=("TableArn", "MaxResults", "NextToken"))
    def list_exports(self: Handler, parameters: Parameters) -> dict[str, Any]:
        start, limit = parameters.get("NextToken", ""), parameters.get("MaxResults", 25)
        present = exports_of(self.backend.store.database.reader(), parameters.get("TableArn"))
        found = [export for export in present if export.arn > start]
        answer: dict[str, Any] = {
            "ExportSummaries": [
                {"ExportArn": export.arn, "ExportStatus": export.status, "ExportType": "FULL_EXPORT"}
                for export in found[:limit]
            ]
        }
        if len(found) > limit:
            answer["NextToken"] = found[limit - 1].arn
        return answer


def _refuse_unsupported(parameters: Parameters) -> None:
    for name, supported in (
        ("ExportFormat", "DYNAMODB_JSON"),
        ("ExportType", "FULL_EXPORT"),
        ("S3SseAlgorithm", "AES256"),
    ):
        if (given := parameters.get(name, supported)) != supported:
            raise NotImplementedError(f"The {name} {given} is not supported by the local endpoint")
