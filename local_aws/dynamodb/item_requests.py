"""The requests about one item, and about the items of one table in order."""

from typing import Any

from local_aws.dynamodb.capacity import Consumption
from local_aws.dynamodb.exceptions import ValidationException
from local_aws.dynamodb.expressions.key_conditions import key_condition
from local_aws.dynamodb.expressions.paths import Path, project
from local_aws.dynamodb.expressions.requests import EXPRESSION_PARAMETERS, RequestExpressions
from local_aws.dynamodb.expressions.updates import paths_of
from local_aws.dynamodb.keys import KeySchema
from local_aws.dynamodb.reads import Range, Reading
from local_aws.dynamodb.table_requests import Handler
from local_aws.dynamodb.tables import Index, Table
from local_aws.dynamodb.values import Item, normalized_item
from local_aws.dynamodb.writes import Write, Written, delete_of, key_of, put_of, update_of
from local_aws.json_services import Parameters, operation

ANSWER_PARAMETERS = ("ReturnConsumedCapacity", "ReturnItemCollectionMetrics")
WRITE_PARAMETERS = (
    *EXPRESSION_PARAMETERS,
    *ANSWER_PARAMETERS,
    "ConditionExpression",
    "ReturnValues",
    "ReturnValuesOnConditionCheckFailure",
)
READ_PARAMETERS = ("ExpressionAttributeNames", "ConsistentRead", "ProjectionExpression", "ReturnConsumedCapacity")
PAGE_PARAMETERS = (
    *READ_PARAMETERS,
    "ExclusiveStartKey",
    "ExpressionAttributeValues",
    "FilterExpression",
    "IndexName",
    "Limit",
    "Select",
)
SELECTIONS = ("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES")


class ItemRequests:
    @operation(required=("TableName", "Item"), optional=WRITE_PARAMETERS)
    def put_item(self: Handler, parameters: Parameters) -> dict[str, Any]:
        _check_returned(parameters, "NONE", "ALL_OLD")
        table = self.backend.table(parameters["TableName"])
        return _written(self, parameters, put_of(table, parameters))

    @operation(required=("TableName", "Key"), optional=WRITE_PARAMETERS)
    def delete_item(self: Handler, parameters: Parameters) -> dict[str, Any]:
        _check_returned(parameters, "NONE", "ALL_OLD")
        table = self.backend.table(parameters["TableName"])
        return _written(self, parameters, delete_of(table, parameters))

    @operation(required=("TableName", "Key"), optional=(*WRITE_PARAMETERS, "UpdateExpression"))
    def update_item(self: Handler, parameters: Parameters) -> dict[str, Any]:
        _check_returned(parameters, "NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
        table = self.backend.table(parameters["TableName"])
        return _written(self, parameters, update_of(table, parameters))

    @operation(required=("TableName", "Key"), optional=READ_PARAMETERS)
    def get_item(self: Handler, parameters: Parameters) -> dict[str, Any]:
        table = self.backend.table(parameters["TableName"])
        expressions = RequestExpressions(parameters)
        projection = expressions.projection()
        expressions.finish()
        consumption = Consumption()
        found = self.backend.find(
            self.backend.store.database.reader(),
            table,
            table.key.place(key_of(table, parameters["Key"])),
            consumption,
            is_consistent=parameters.get("ConsistentRead", False),
        )
        answer: dict[str, Any] = {}
        if found:
            answer["Item"] = found.item if projection is None else project(found.item, projection)
        return answer | consumed(parameters, consumption)

    @operation(required=("TableName", "KeyConditionExpression"), optional=(*PAGE_PARAMETERS, "ScanIndexForward"))
    def query(self: Handler, parameters: Parameters) -> dict[str, Any]:
        table, index = _table_and_index(self, parameters)
        key = index.key if index else table.key
        expressions = RequestExpressions(parameters)
        node = expressions.condition("KeyConditionExpression")
        condition = key_condition(node, key, expressions.values)  # type: ignore[arg-type]
        items = Range(condition, is_forward=parameters.get("ScanIndexForward", True))
        return _page(self, parameters, _reading(parameters, expressions, table, index, items), filter_excludes=key)

    @operation(required=("TableName",), optional=(*PAGE_PARAMETERS, "Segment", "TotalSegments"))
    def scan(self: Handler, parameters: Parameters) -> dict[str, Any]:
        table, index = _table_and_index(self, parameters)
        segment, segments = parameters.get("Segment", 0), parameters.get("TotalSegments", 1)
        if ("Segment" in parameters) != ("TotalSegments" in parameters):
            raise ValidationException("The Segment parameter is required with TotalSegments, and TotalSegments with it")
        if not (1 <= segments <= 1_000_000 and 0 <= segment < segments):
            raise ValidationException(
                f"The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {segment}"
                f" is not less than TotalSegments: {segments}"
            )
        items = Range(segment=segment, segments=segments)
        reading = _reading(parameters, RequestExpressions(parameters), table, index, items)
        return _page(self, parameters, reading)


def consumed(parameters: Parameters, consumption: Consumption) -> dict[str, Any]:
    """The ConsumedCapacity of a request about one table, if it asks for it."""
    described = consumption.descriptions(parameters.get("ReturnConsumedCapacity"))
    return {"ConsumedCapacity": described[0]} if described else {}


def check_metrics(parameters: Parameters) -> None:
    """Refuses to tell the sizes of item collections."""
    if parameters.get("ReturnItemCollectionMetrics", "NONE") != "NONE":
        raise NotImplementedError("ReturnItemCollectionMetrics is not supported by the local endpoint")


def _check_returned(parameters: Parameters, *allowed: str) -> None:
    check_metrics(parameters)
    if (wanted := parameters.get("ReturnValues", "NONE")) not in allowed:
        raise ValidationException(f"ReturnValues can only be one of {', '.join(allowed)}: {wanted}")


def _written(handler: Handler, parameters: Parameters, write: Write) -> dict[str, Any]:
    consumption = Consumption()
    written = handler.backend.change_items(lambda writer: writer.make(write), consumption)
    attributes = _returned(parameters.get("ReturnValues", "NONE"), write, written)
    return ({"Attributes": attributes} if attributes else {}) | consumed(parameters, consumption)


def _returned(wanted: str, write: Write, written: Written) -> Item | None:
    stored = written.before if wanted.endswith("OLD") else written.after
    if wanted == "NONE" or stored is None:
        return None
    if wanted.startswith("ALL"):
        return stored.item
    paths = {path.steps[:1]: Path(path.steps[:1]) for path in paths_of(write.clauses or ()) if len(path.steps) == 1}
    nested = [path for path in paths_of(write.clauses or ()) if len(path.steps) > 1]
    return project(stored.item, (*paths.values(), *nested))


def _table_and_index(handler: Handler, parameters: Parameters) -> tuple[Table, Index | None]:
    table = handler.backend.table(parameters["TableName"])
    name = parameters.get("IndexName")
    if name is None:
        return table, None
    if name not in table.indexes_by_name:
        raise ValidationException(f"The table does not have the specified index: {name}")
    index = table.indexes_by_name[name]
    if index.is_global and parameters.get("ConsistentRead"):
        raise ValidationException("Consistent reads are not supported on global secondary indexes")
    return table, index


def _reading(
    parameters: Parameters, expressions: RequestExpressions, table: Table, index: Index | None, items: Range
) -> Reading:
    limit = parameters.get("Limit")
    if limit is not None and limit < 1:
        raise ValidationException(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have"
            " value greater than or equal to 1"
        )
    condition, projection = expressions.condition("FilterExpression"), expressions.projection()
    expressions.finish()
    start = parameters.get("ExclusiveStartKey")
    select = parameters.get("Select")
    return Reading(
        table,
        index,
        items,
        normalized_item(start) if start else None,
        limit,
        condition,
        expressions.values,
        projection,
        counts_only=select == "COUNT",
        is_complete=_is_complete(select, index, projection, table.key),
    )


def _is_complete(select: str | None, index: Index | None, projection: Any, key: KeySchema) -> bool:
    """Whether a local index fetches what it does not project; a global one cannot."""
    if select is not None and select not in SELECTIONS:
        raise ValidationException(f"Select {select} is not one of {', '.join(SELECTIONS)}")
    if projection is not None and select not in (None, "SPECIFIC_ATTRIBUTES"):
        raise ValidationException(f"Cannot specify the ProjectionExpression when choosing to get {select}")
    if select == "SPECIFIC_ATTRIBUTES" and projection is None:
        raise ValidationException("Must specify the ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
    if select == "ALL_PROJECTED_ATTRIBUTES" and index is None:
        raise ValidationException("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    if index is None:
        return False
    if not index.is_global:
        return select == "ALL_ATTRIBUTES" or projection is not None
    projected = index.projected_names(key)
    if projected is None:
        return False
    missing = sorted({path.attribute for path in projection or ()} - projected)
    if select == "ALL_ATTRIBUTES" or missing:
        raise ValidationException(
            "One or more parameter values were invalid: Global secondary index"
            f" {index.name} does not project {missing or 'all attributes'}"
        )
    return False


def _page(
    handler: Handler, parameters: Parameters, reading: Reading, filter_excludes: KeySchema | None = None
) -> dict[str, Any]:
    if filter_excludes and (names := _filtered_names(parameters) & set(filter_excludes.names)):
        raise ValidationException(
            f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {sorted(names)[0]}"
        )
    consumption = Consumption()
    is_consistent = parameters.get("ConsistentRead", False)
    page = handler.backend.read(reading, consumption, is_consistent=is_consistent)
    answer: dict[str, Any] = {"Count": page.count, "ScannedCount": page.evaluated}
    if not reading.counts_only:
        answer["Items"] = page.items
    if page.last_key:
        answer["LastEvaluatedKey"] = page.last_key
    return answer | consumed(parameters, consumption)


def _filtered_names(parameters: Parameters) -> frozenset[str]:
    """The attributes that a filter is about."""
    if "FilterExpression" not in parameters:
        return frozenset()
    return RequestExpressions(parameters).attributes("FilterExpression")
