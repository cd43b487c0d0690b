"""The requests about items of several tables that are not one transaction: what a throttled table did not take or give
comes back as unprocessed.
"""

from collections import defaultdict
from typing import Any

from local_aws.dynamodb.capacity import Consumption
from local_aws.dynamodb.exceptions import ProvisionedThroughputExceededException, ValidationException
from local_aws.dynamodb.expressions.paths import project
from local_aws.dynamodb.expressions.requests import RequestExpressions
from local_aws.dynamodb.item_requests import ANSWER_PARAMETERS, check_metrics
from local_aws.dynamodb.keys import Place
from local_aws.dynamodb.table_requests import Handler
from local_aws.dynamodb.tables import Table
from local_aws.dynamodb.writes import ItemWriter, Write, delete_of, key_of, put_of
from local_aws.json_services import Parameters, operation

MAX_WRITES, MAX_READS = 25, 100
MAX_ANSWER_BYTES = 16 << 20


class BatchRequests:
    @operation(required=("RequestItems",), optional=ANSWER_PARAMETERS)
    def batch_write_item(self: Handler, parameters: Parameters) -> dict[str, Any]:
        check_metrics(parameters)
        writes: list[tuple[str, dict[str, Any], Write]] = []
        for name, requests in parameters["RequestItems"].items():
            table = self.backend.table(name)
            writes += [(name, request, _write_of(table, request)) for request in requests]
        _check_count(len(writes), MAX_WRITES, "requestItems")
        if len({(write.table.number, write.place) for _, _, write in writes}) != len(writes):
            raise ValidationException("Provided list of item keys contains duplicates")
        consumption = Consumption()

        def change(writer: ItemWriter) -> list[bool]:
            return [_is_made(writer, write) for _, _, write in writes]

        are_made = self.backend.change_items(change, consumption)
        if not any(are_made):
            raise ProvisionedThroughputExceededException
        unprocessed: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for (name, request, _), is_made in zip(writes, are_made, strict=True):
            if not is_made:
                unprocessed[name].append(request)
        for name, requests in unprocessed.items():
            self.backend.count("WriteThrottleEvents", name, value=len(requests))
        described = consumption.descriptions(parameters.get("ReturnConsumedCapacity"))
        return {"UnprocessedItems": unprocessed} | ({"ConsumedCapacity": described} if described else {})

    @operation(required=("RequestItems",), optional=("ReturnConsumedCapacity",))
    def batch_get_item(self: Handler, parameters: Parameters) -> dict[str, Any]:
        requests = parameters["RequestItems"]
        _check_count(sum(len(request["Keys"]) for request in requests.values()), MAX_READS, "requestItems")
        consumption = Consumption()
        answers: dict[str, list[Any]] = {}
        unprocessed: dict[str, dict[str, Any]] = {}
        room = MAX_ANSWER_BYTES
        for name, request in requests.items():
            table = self.backend.table(name)
            places = _places(table, request["Keys"])
            expressions = RequestExpressions(request)
            projection = expressions.projection()
            expressions.finish()
            answers[name] = []
            left: list[Any] = []
            for key, place in zip(request["Keys"], places, strict=True):
                if room <= 0:
                    left.append(key)
                    continue
                try:
                    found = self.backend.find(
                        self.backend.store.database.reader(),
                        table,
                        place,
                        consumption,
                        is_consistent=request.get("ConsistentRead", False),
                    )
                except ProvisionedThroughputExceededException:
                    left.append(key)
                    continue
                if found:
                    room -= found.size
                    answers[name].append(found.item if projection is None else project(found.item, projection))
            if left:
                unprocessed[name] = request | {"Keys": left}
        if unprocessed and not consumption.tables:
            raise ProvisionedThroughputExceededException
        described = consumption.descriptions(parameters.get("ReturnConsumedCapacity"))
        answer: dict[str, Any] = {"Responses": answers, "UnprocessedKeys": unprocessed}
        return answer | ({"ConsumedCapacity": described} if described else {})


def _check_count(count: int, most: int, member: str) -> None:
    if not 1 <= count <= most:
        raise ValidationException(
            f"1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must have between 1"
            f" and {most} items: Too many items requested for the Batch call, or none"
        )


def _write_of(table: Table, request: dict[str, Any]) -> Write:
    if set(request) == {"PutRequest"}:
        return put_of(table, request["PutRequest"])
    if set(request) == {"DeleteRequest"}:
        return delete_of(table, request["DeleteRequest"])
    raise ValidationException("Supplied WriteRequest has not exactly one of PutRequest and DeleteRequest")


def _is_made(writer: ItemWriter, write: Write) -> bool:
    try:
        writer.make(write)
    except ProvisionedThroughputExceededException:
        return False
    return True


def _places(table: Table, keys: list[Any]) -> list[Place]:
    places = [table.key.place(key_of(table, key)) for key in keys]
    if len(set(places)) != len(places):
        raise ValidationException("Provided list of item keys contains duplicates")
    return places
