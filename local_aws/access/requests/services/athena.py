"""Athena: queries are their work group's. What a query reads and writes, Athena asks for itself."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, Rule, rules

PREFIX = "athena"

_OPERATIONS = {
    "workgroup/{WorkGroup}": (
        "BatchGetPreparedStatement CreateNamedQuery CreatePreparedStatement DeletePreparedStatement DeleteWorkGroup"
        " GetPreparedStatement GetWorkGroup ListNamedQueries ListPreparedStatements ListQueryExecutions"
        " StartQueryExecution UpdatePreparedStatement UpdateWorkGroup"
    ),
    "workgroup/{Name}": "CreateWorkGroup",
    "datacatalog/{Name}": "CreateDataCatalog DeleteDataCatalog GetDataCatalog UpdateDataCatalog",
    "datacatalog/{CatalogName}": "GetDatabase GetTableMetadata ListDatabases ListTableMetadata",
    "capacity-reservation/{Name}": "CancelCapacityReservation CreateCapacityReservation GetCapacityReservation",
    "{ResourceARN}": "ListTagsForResource TagResource UntagResource",
    "*": "ListCapacityReservations ListDataCatalogs ListEngineVersions ListWorkGroups",
}
DEFAULT_WORK_GROUP = "primary"


def _in_work_group(rule: Rule) -> Rule:
    """A call that names no work group is of the primary one."""

    def needs(call: Call) -> Iterator[Need]:
        given = {"WorkGroup": DEFAULT_WORK_GROUP, **call.parameters}
        yield from rule(Call(call.operation, given, call.region, call.account_id, call.partition))

    return needs


def _of_query(call: Call) -> Iterator[Need]:
    from moto.athena.models import athena_backends

    backend = athena_backends[call.account_id][call.region]
    identifiers = call.parameters.get("QueryExecutionIds") or [call.parameters.get("QueryExecutionId")]
    known = [backend.query_executions.get(one) for one in identifiers]
    for name in sorted({one.workgroup if one else DEFAULT_WORK_GROUP for one in known}):
        yield Need(f"athena:{call.operation}", call.arn("athena", f"workgroup/{name}"))


def _of_named_query(call: Call) -> Iterator[Need]:
    from moto.athena.models import athena_backends

    backend = athena_backends[call.account_id][call.region]
    for identifier in call.parameters.get("NamedQueryIds") or [call.parameters.get("NamedQueryId")]:
        query = backend.named_queries.get(identifier)
        name = query.workgroup.name if query else DEFAULT_WORK_GROUP
        yield Need(f"athena:{call.operation}", call.arn("athena", f"workgroup/{name}"))


RULES = {
    **{name: _in_work_group(rule) for name, rule in rules(PREFIX, _OPERATIONS).items()},
    **dict.fromkeys(
        (
            "BatchGetQueryExecution",
            "GetQueryExecution",
            "GetQueryResults",
            "GetQueryRuntimeStatistics",
            "StopQueryExecution",
        ),
        _of_query,
    ),
    **dict.fromkeys(("BatchGetNamedQuery", "DeleteNamedQuery", "GetNamedQuery", "UpdateNamedQuery"), _of_named_query),
}
