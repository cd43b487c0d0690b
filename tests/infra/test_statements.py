"""Each statement of the roles' policies, each action and each resource in it, is needed by a call that was recorded.

The calls are those of a stack whose pipelines ran (`record_calls.py`); the endpoint's own evaluation says which
statement allows them.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from local_aws.access.policies.documents import Policy, policy_of
from local_aws.access.policies.evaluation import evaluate
from tests.infra.record_calls import RECORDED
from tests.infra.role_policies import ACCOUNT, REGION, as_list, resolve, roles_of

_MWAA = "Amazon MWAA itself needs it to run Airflow (MWAA user guide, Execution role)"
_PRODUCER = "ECS itself does it before the container runs"
_QUICKSIGHT = "QuickSight asks, which no laptop has"
_REDSHIFT = "COPY asks for a bucket's region and lists what no manifest names (Redshift developer guide, COPY)"
_FILES = "a local job reads and writes the buckets that it may use as folders"
# By template, policy or role, and statement.
STATEMENTS_WITHOUT_CALL = {
    **{
        f"orchestration AirflowPolicy {statement}": _MWAA
        for statement in (
            "DecryptQueuedTasks",
            "FindLogGroups",
            "QueueTasks",
            "ReadAccountPublicAccessBlock",
            "ReadConnectionsAndVariables",
            "ReadSource",
            "ReadSourceBucket",
            "ReportHealth",
            "WriteLogs",
            "WriteMetrics",
        )
    },
    **{
        f"producer ProducerExecutionRole {statement}": _PRODUCER
        for statement in ("FetchImage", "SignInToRegistry", "WriteLogs")
    },
    **{f"quicksight QuickSightRole {statement}": _QUICKSIGHT for statement in ("QueryAthena", "ReadCatalog")},
    "lakehouse AnalyticsCrawlerRole ReadPublishedTables": "a table that the catalog lost is read, which no run loses",
    "lakehouse GlueLogsPolicy ReadSecurityConfiguration": "Glue itself asks for it before a job begins",
    "lakehouse GlueLogsPolicy WriteMetrics": "Glue itself sends the metrics of a job",
    "lakehouse RedshiftRole ListLake": _REDSHIFT,
    "lakehouse RulesetPolicy ReadDataQualityAssets": "Glue itself reads its own bucket",
}
_STOPPED = "a task that is stopped or times out stops what it has started"
_SERVERLESS = "with DmsServerless, which the laptop's stack has not"
_LARGE = "what is large is written in parts, and a failed one is cleaned up"
_TAGS = "S3 copies an object's tags with it where it has some"
_PARTITIONS = "Athena asks for it of tables with partitions in the catalog (Athena user guide, Fine-grained access)"
_CRAWLER = "which of them a crawler calls for tables and partitions that it knows is not documented"
_DATABASE = "Iceberg's GlueCatalog and the evaluation of rulesets ask for the table's database and its tables"
_LOST = "a crawler enters a table that the catalog lost"
_REGION = "S3's clients ask for it where they are not told the region"
_METADATA = "a commit of PyIceberg's removes a metadata file when the table has more than it keeps"
# Of a statement those of its actions that no call needs, and why.
_ACTIONS_WITHOUT_CALL = (
    ("airflow_role LakehousePolicy CountAndArchiveRawFiles", "s3:GetObjectTagging", _TAGS),
    (
        "airflow_role LakehousePolicy FindFullLoads",
        "dms:DescribeReplicationConfigs dms:DescribeReplications",
        _SERVERLESS,
    ),
    ("airflow_role LakehousePolicy ListBuckets", "s3:ListBucketMultipartUploads", _LARGE),
    ("airflow_role LakehousePolicy MoveArrivals", "s3:AbortMultipartUpload s3:ListMultipartUploadParts", _LARGE),
    ("airflow_role LakehousePolicy MoveArrivals", "s3:GetObjectTagging s3:PutObjectTagging", _TAGS),
    ("airflow_role LakehousePolicy PublishAndQuery", "s3:AbortMultipartUpload s3:ListMultipartUploadParts", _LARGE),
    ("airflow_role LakehousePolicy PublishAndQuery", "s3:DeleteObject", _METADATA),
    ("airflow_role LakehousePolicy QueryAthena", "athena:StopQueryExecution", _STOPPED),
    (
        "airflow_role LakehousePolicy ReadAndPublishCatalog",
        "glue:BatchGetPartition glue:GetPartition glue:GetPartitions glue:GetTables",
        _PARTITIONS,
    ),
    (
        "airflow_role LakehousePolicy RunFullLoads",
        "dms:DescribeReplicationTableStatistics dms:StartReplication dms:StopReplication",
        _SERVERLESS,
    ),
    ("airflow_role LakehousePolicy RunFullLoads", "dms:StopReplicationTask", _STOPPED),
    ("airflow_role LakehousePolicy RunJobs", "glue:BatchStopJobRun", _STOPPED),
    ("airflow_role LakehousePolicy ShowCandidates", "glue:GetDatabase", _DATABASE),
    ("airflow_role LakehousePolicy UseQueryResults", "s3:AbortMultipartUpload s3:ListMultipartUploadParts", _LARGE),
    ("airflow_role LakehousePolicy WriteArchive", "s3:AbortMultipartUpload s3:ListMultipartUploadParts", _LARGE),
    ("airflow_role LakehousePolicy WriteArchive", "s3:PutObjectTagging", _TAGS),
    ("airflow_role LakehousePolicy WriteComparison", "s3:AbortMultipartUpload s3:ListMultipartUploadParts", _LARGE),
    ("airflow_role WarehousePolicy ReadOwnStatements", "redshift-data:CancelStatement", _STOPPED),
    ("dashboard DashboardApiRole ReadCatalog", "glue:GetPartition glue:GetPartitions glue:GetTables", _PARTITIONS),
    ("dashboard DashboardApiRole UseQueryResults", "s3:AbortMultipartUpload s3:ListMultipartUploadParts", _LARGE),
    ("lakehouse AnalystPolicy QueryAthena", "athena:StopQueryExecution", _STOPPED),
    (
        "lakehouse AnalystPolicy ReadCatalog",
        "glue:BatchGetPartition glue:GetPartition glue:GetPartitions glue:GetTables",
        _PARTITIONS,
    ),
    ("lakehouse AnalystPolicy UseQueryResults", "s3:AbortMultipartUpload s3:ListMultipartUploadParts", _LARGE),
    ("lakehouse AnalyticsCrawlerRole CatalogPublishedTables", "glue:CreateTable glue:UpdateTable", _LOST),
    ("lakehouse AnalyticsCrawlerRole ListLake", "s3:GetBucketLocation", _REGION),
    ("lakehouse GlueLakePolicy ListBuckets", "s3:GetBucketLocation", _REGION),
    ("lakehouse GlueLakePolicy ListBuckets", "s3:ListBucketMultipartUploads", _LARGE),
    ("lakehouse GlueLakePolicy UseCatalog", "glue:GetDatabase glue:GetTables", _DATABASE),
    ("lakehouse GlueLakePolicy UseLake", "s3:AbortMultipartUpload s3:ListMultipartUploadParts", _LARGE),
    ("lakehouse GlueLakePolicy UseLake", "s3:DeleteObject", _FILES),
    ("lakehouse MarketDataRole ListRawFiles", "s3:GetBucketLocation", _REGION),
    (
        "lakehouse RawCrawlerRole CatalogRawTables",
        "glue:BatchGetPartition glue:BatchUpdatePartition glue:CreatePartition glue:GetPartition glue:UpdatePartition"
        " glue:UpdateTable",
        _CRAWLER,
    ),
    ("lakehouse RawCrawlerRole ListRawFiles", "s3:GetBucketLocation", _REGION),
    ("lakehouse RulesetPolicy ReadCandidates", "glue:GetPartitions glue:GetTables", _DATABASE),
    ("lakehouse RulesetPolicy ReadRulesets", "glue:GetDataQualityRulesetEvaluationRun", "Glue itself asks for the run"),
    ("lakehouse TransformRole ListRawFiles", "s3:GetBucketLocation", _REGION),
)
ACTIONS_WITHOUT_CALL = {
    f"{statement} {action}": reason
    for statement, actions, reason in _ACTIONS_WITHOUT_CALL
    for action in actions.split()
}
# By statement and resource.
_GLUE = f"arn:aws:glue:{REGION}:{ACCOUNT}"
RESOURCES_WITHOUT_CALL = {
    f"airflow_role LakehousePolicy CompareBars arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/lakehouse-trades": (
        "a comparison that fails looks at the trades"
    ),
    "lakehouse AnalystPolicy ReadPublishedTables arn:aws:s3:::lake/audit/*": "a view of counts in JSON files",
    "lakehouse GlueLakePolicy ListBuckets arn:aws:s3:::artifacts": "Glue itself brings a job its scripts",
    "lakehouse MarketDataRole ReadAnswers arn:aws:s3:::raw/raw/market_data/*": _FILES,
    "lakehouse MarketDataRole ReadAnswers arn:aws:s3:::raw/raw/market_reference/*": _FILES,
    f"lakehouse RulesetPolicy ReadCandidates {_GLUE}:catalog": "GlueLakePolicy allows the catalog, too",
    f"lakehouse RulesetPolicy ReadCandidates {_GLUE}:database/default": "Glue itself asks for it (data quality guide)",
    f"trades TradesToDynamodbRole TellRefusedTrades arn:aws:sqs:{REGION}:{ACCOUNT}:lakehouse-failed-trade-batches": (
        "Lambda tells there of a batch that failed in all of its tries"
    ),
}


class Part(NamedTuple):
    """A statement with one of its resources alone."""

    statement: str
    resource: str
    policy: Policy
    actions: tuple[str, ...]


class Call(NamedTuple):
    role: str
    action: str
    resource: str
    context: tuple[tuple[str, str], ...]


class Support(NamedTuple):
    """A call and what allows it."""

    call: Call
    parts: tuple[Part, ...]


def parts_of(statement_name: str, statement: dict) -> Iterator[Part]:
    name = "NotResource" if "NotResource" in statement else "Resource"
    for resource in as_list(statement[name]):
        document = {"Statement": [statement | {name: resource}]}
        yield Part(statement_name, resource, policy_of(json.dumps(document)), tuple(as_list(statement["Action"])))


@pytest.fixture(scope="module")
def parts(resources) -> dict[str, list[Part]]:
    """By role. A statement is named by the policy that it stands in, which several roles may have."""
    found: dict[str, list[Part]] = {}
    for resource in resources:
        for role, document in roles_of(resource):
            for statement in document["Statement"]:
                name = f"{resource.template} {resource.name} {statement['Sid']}"
                found.setdefault(role, []).extend(parts_of(name, resolve(statement)))
    return found


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    read = [json.loads(line) for line in Path(RECORDED).read_text().splitlines()]
    assert len(read) > 100
    return [Call(one["role"], one["action"], one["resource"], tuple(one["context"].items())) for one in read]


def is_allowed(part: Part, call: Call) -> bool:
    if call.action not in part.actions:
        return False
    context = {**dict(call.context), "aws:principalarn": f"arn:aws:iam::{ACCOUNT}:role/{call.role}"}
    return evaluate([part.policy], call.action, call.resource, context)


@pytest.fixture(scope="module")
def supports(parts, calls) -> list[Support]:
    return [Support(call, tuple(part for part in parts.get(call.role, []) if is_allowed(part, call))) for call in calls]


def test_every_recorded_call_is_allowed(supports) -> None:
    assert [support.call for support in supports if not support.parts] == []


def test_without_any_statement_a_call_is_denied(parts, supports) -> None:
    needed = {names.pop() for support in supports if len(names := {part.statement for part in support.parts}) == 1}
    unneeded = {part.statement for several in parts.values() for part in several} - needed
    assert unneeded == STATEMENTS_WITHOUT_CALL.keys()


def test_without_any_action_of_a_statement_a_call_is_denied(parts, supports) -> None:
    needed = {
        (names.pop(), support.call.action)
        for support in supports
        if len(names := {part.statement for part in support.parts}) == 1
    }
    unneeded = {
        f"{part.statement} {action}"
        for several in parts.values()
        for part in several
        for action in part.actions
        if part.statement not in STATEMENTS_WITHOUT_CALL and (part.statement, action) not in needed
    }
    assert unneeded == ACTIONS_WITHOUT_CALL.keys()


def test_without_any_resource_of_a_statement_a_call_is_denied(parts, supports) -> None:
    needed = {(one.statement, one.resource) for support in supports if len(support.parts) == 1 for one in support.parts}
    unneeded = {
        f"{part.statement} {part.resource}"
        for several in parts.values()
        for part in several
        if part.statement not in STATEMENTS_WITHOUT_CALL and (part.statement, part.resource) not in needed
    }
    assert unneeded == RESOURCES_WITHOUT_CALL.keys()
