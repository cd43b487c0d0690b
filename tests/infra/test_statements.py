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
# By action, wherever it stands.
ACTIONS_WITHOUT_CALL = {
    "athena:StopQueryExecution": _STOPPED,
    "dms:DescribeReplicationConfigs": _SERVERLESS,
    "dms:DescribeReplicationTableStatistics": _SERVERLESS,
    "dms:DescribeReplications": _SERVERLESS,
    "dms:StartReplication": _SERVERLESS,
    "dms:StopReplication": _SERVERLESS,
    "dms:StopReplicationTask": _STOPPED,
    "glue:BatchGetPartition": _PARTITIONS,
    "glue:BatchUpdatePartition": _CRAWLER,
    "glue:CreatePartition": _CRAWLER,
    "glue:CreateTable": "a crawler enters a table that the catalog lost",
    "glue:GetDataQualityRulesetEvaluationRun": "Glue itself asks for the run that it evaluates",
    "glue:GetDatabase": "Iceberg's GlueCatalog and the evaluation of rulesets ask for the table's database",
    "glue:UpdatePartition": _CRAWLER,
    "glue:UpdateTable": _CRAWLER,
    "s3:DeleteObject": _FILES,
    "s3:GetBucketLocation": "S3's clients ask for it where they are not told the region",
    "glue:BatchStopJobRun": _STOPPED,
    "glue:GetPartition": _PARTITIONS,
    "glue:GetPartitions": _PARTITIONS,
    "glue:GetTables": _PARTITIONS,
    "redshift-data:CancelStatement": _STOPPED,
    "s3:AbortMultipartUpload": _LARGE,
    "s3:GetObjectTagging": _TAGS,
    "s3:ListBucketMultipartUploads": _LARGE,
    "s3:ListMultipartUploadParts": _LARGE,
    "s3:PutObjectTagging": _TAGS,
}
# By statement and resource.
_GLUE = f"arn:aws:glue:{REGION}:{ACCOUNT}"
RESOURCES_WITHOUT_CALL = {
    f"airflow_role LakehousePolicy CompareBars arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/lakehouse-trades": (
        "a comparison that fails looks at the trades"
    ),
    "lakehouse AnalystPolicy ReadPublishedTables arn:aws:s3:::lake/audit/*": "a view of counts in JSON files",
    "lakehouse GlueLakePolicy ListBuckets arn:aws:s3:::artifacts": "Glue itself brings a job its scripts",
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
        (part.statement, action)
        for several in parts.values()
        for part in several
        for action in part.actions
        if part.statement not in STATEMENTS_WITHOUT_CALL
    } - needed
    assert {(name, action) for name, action in unneeded if action not in ACTIONS_WITHOUT_CALL} == set()
    assert {action for _, action in unneeded} == ACTIONS_WITHOUT_CALL.keys()


def test_without_any_resource_of_a_statement_a_call_is_denied(parts, supports) -> None:
    needed = {(one.statement, one.resource) for support in supports if len(support.parts) == 1 for one in support.parts}
    unneeded = {
        f"{part.statement} {part.resource}"
        for several in parts.values()
        for part in several
        if part.statement not in STATEMENTS_WITHOUT_CALL and (part.statement, part.resource) not in needed
    }
    assert unneeded == RESOURCES_WITHOUT_CALL.keys()
