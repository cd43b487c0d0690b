"""Each statement of the policies of buckets, queues, topics, functions and roles decides a call, and so does each
principal, action and resource in it, and each value of a condition.

The roles' calls are those that were recorded (`record_calls.py`); those of AWS's services have the values that the
services' guides name. The endpoint's own evaluation decides, with the values that it gives such a call.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from local_aws.access.policies.documents import policy_of
from local_aws.access.policies.evaluation import Caller, Policies, Request, caller_of_role, decide
from local_aws.access.service_calls import EVERYTHING, service_request
from tests.infra.record_calls import RECORDED
from tests.infra.resource_policies import LAKE_OF_ACCOUNT, ResourcePolicy, policies_of_resources
from tests.infra.role_policies import ACCOUNT, REGION

ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:lakehouse-dev-late"
API = f"arn:aws:execute-api:{REGION}:{ACCOUNT}"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"
LAKE = f"arn:aws:s3:::{LAKE_OF_ACCOUNT}"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/lakehouse-dev"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:lakehouse-alerts"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:lakehouse-stock-arrivals"
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1EXAMPLE"
# The service that calls, the action, the resource, and what for. The guides: S3 user guide, Granting permissions to
# publish event notification messages; CloudWatch user guide, Alarm actions; EventBridge user guide, Using
# resource-based policies; API Gateway developer guide, Lambda integrations of HTTP APIs; CloudFront developer guide,
# Restrict access to an Amazon S3 origin.
SENDING = [
    ("s3.amazonaws.com", "sqs:SendMessage", QUEUE, LAKE),
    ("cloudwatch.amazonaws.com", "sns:Publish", TOPIC, ALARM),
    ("events.amazonaws.com", "sns:Publish", TOPIC, f"{RULE}-glue-job-failed"),
    ("events.amazonaws.com", "sns:Publish", TOPIC, f"{RULE}-full-load-failed"),
    (
        "apigateway.amazonaws.com",
        "lambda:InvokeFunction",
        f"{FUNCTION}:lakehouse-trades-api",
        f"{API}:trades-api/*/GET/trades",
    ),
    (
        "apigateway.amazonaws.com",
        "lambda:InvokeFunction",
        f"{FUNCTION}:lakehouse-dashboard-api",
        f"{API}:dashboard-api/*/$default",
    ),
    ("cloudfront.amazonaws.com", "s3:GetObject", "arn:aws:s3:::site/index.html", DISTRIBUTION),
]
# The service principals of the guides that say whom a role has to trust.
TRUSTED = {
    "account DmsVpcRole": ["dms.amazonaws.com"],
    "account DmsCloudWatchLogsRole": ["dms.amazonaws.com"],
    "airflow_role AirflowRole": ["airflow.amazonaws.com", "airflow-env.amazonaws.com"],
    "dashboard DashboardApiRole": ["lambda.amazonaws.com"],
    # An endpoint's secret is read for the region's principal (DMS user guide, Using secrets to access endpoints).
    "lakehouse DmsRole": ["dms.amazonaws.com", f"dms.{REGION}.amazonaws.com"],
    "lakehouse GlueRole": ["glue.amazonaws.com"],
    "lakehouse TransformRole": ["glue.amazonaws.com"],
    "lakehouse MarketDataRole": ["glue.amazonaws.com"],
    "lakehouse RawCrawlerRole": ["glue.amazonaws.com"],
    "lakehouse AnalyticsCrawlerRole": ["glue.amazonaws.com"],
    # Redshift management guide, Granting permissions to Amazon Redshift Serverless.
    "lakehouse RedshiftRole": ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"],
    "producer ProducerExecutionRole": ["ecs-tasks.amazonaws.com"],
    "producer_role ProducerRole": ["ecs-tasks.amazonaws.com"],
    "quicksight QuickSightRole": ["quicksight.amazonaws.com"],
    "trades TradesToDynamodbRole": ["lambda.amazonaws.com"],
    "trades TradesApiRole": ["lambda.amazonaws.com"],
}
OTHER_ACCOUNT = "210987654321"
# What the conditions keep out: other sources of the account, and those of others that are called the same.
FOREIGN = [
    ("s3.amazonaws.com", "sqs:SendMessage", QUEUE, "arn:aws:s3:::other", ACCOUNT),
    ("s3.amazonaws.com", "sqs:SendMessage", QUEUE, LAKE, OTHER_ACCOUNT),
    ("cloudwatch.amazonaws.com", "sns:Publish", TOPIC, ALARM.replace(ACCOUNT, OTHER_ACCOUNT), OTHER_ACCOUNT),
    ("events.amazonaws.com", "sns:Publish", TOPIC, f"{RULE}-other", ACCOUNT),
    (
        "apigateway.amazonaws.com",
        "lambda:InvokeFunction",
        f"{FUNCTION}:lakehouse-trades-api",
        f"{API}:x/*/GET/trades",
        ACCOUNT,
    ),
    (
        "apigateway.amazonaws.com",
        "lambda:InvokeFunction",
        f"{FUNCTION}:lakehouse-dashboard-api",
        f"{API}:x/*/$default",
        ACCOUNT,
    ),
    ("cloudfront.amazonaws.com", "s3:GetObject", "arn:aws:s3:::site/index.html", f"{DISTRIBUTION}X", ACCOUNT),
    *(
        (service, "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/{role}", None, OTHER_ACCOUNT)
        for role, service in (
            ("AirflowRole", "airflow.amazonaws.com"),
            ("ProducerExecutionRole", "ecs-tasks.amazonaws.com"),
            ("ProducerRole", "ecs-tasks.amazonaws.com"),
        )
    ),
]
TLS_ONLY_BUCKETS = ("lake", "raw", "artifacts", "results", "docs", "airflow", "site")
RAW_FILE = "arn:aws:s3:::raw/raw/rds/public/customers/LOAD00000001.parquet"
# Whoever names an object's version, which is "null" in a bucket without versions, needs GetObjectVersion alone (S3 API
# reference, GetObject).
RAW_ACTIONS = (
    "s3:GetObject",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionTagging",
    "s3:PutObject",
)
# Amazon MWAA itself makes it under the role (MWAA user guide, Execution role).
SOURCE_OF_MWAA = {
    "role": "AirflowRole",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::airflow/mwaa/plugins.zip",
    "context": {},
}
ANYBODY = Caller({})


class Part(NamedTuple):
    """A policy without a part of it."""

    name: str
    policy: ResourcePolicy
    remaining: dict[str, Any]


def parts_of(policy: ResourcePolicy) -> Iterator[Part]:
    statements = policy.document["Statement"]
    for number, statement in enumerate(statements):
        others = [*statements[:number], *statements[number + 1 :]]
        name = f"{policy.name} {statement.get('Sid', number)}"
        yield Part(name, policy, {"Statement": others})
        for place, reduced in without_values(statement):
            yield Part(f"{name} {place}", policy, {"Statement": [*others, reduced]})


def without_values(element: dict[str, Any], *, is_condition: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
    """The element without one value of a list or one condition in it, each in turn, and where that stood."""
    for key, value in element.items():
        if isinstance(value, dict):
            for place, reduced in without_values(value, is_condition=is_condition or key == "Condition"):
                yield f"{key} {place}", element | {key: reduced}
        elif is_condition:
            yield key, {other: kept for other, kept in element.items() if other != key}
        if isinstance(value, list) and len(value) > 1:
            for one in value:
                yield f"{key} {one}", element | {key: [other for other in value if other != one]}


def requests_of_roles() -> Iterator[Request]:
    """The calls on buckets that were recorded, and MWAA's, as if the roles' own policies allowed everything."""
    recorded = map(json.loads, Path(RECORDED).read_text().splitlines())
    for call in [*(one for one in recorded if one["resource"].startswith("arn:aws:s3:::")), SOURCE_OF_MWAA]:
        role_arn = f"arn:aws:iam::{ACCOUNT}:role/{call['role']}"
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in call["context"].items()}
        own = {"aws:principalarn": role_arn, "aws:securetransport": "true"}
        yield Request(caller_of_role(role_arn), call["action"], call["resource"], own | values)


def requests_of_services() -> Iterator[Request]:
    for service, action, resource, source in SENDING:
        yield service_request(service, action, resource, source)
    for role, services in TRUSTED.items():
        arn = f"arn:aws:iam::{ACCOUNT}:role/{role.partition(' ')[2]}"
        yield from (service_request(service, "sts:AssumeRole", arn) for service in services)


def requests_of_strangers() -> Iterator[Request]:
    """What the policies are there to refuse, and the website's readers."""
    for service, action, resource, source, account in FOREIGN:
        yield service_request(service, action, resource, source, **{"aws:sourceaccount": account})
    administrator = caller_of_role(f"arn:aws:iam::{ACCOUNT}:role/Administrator")
    values = {"aws:principalarn": administrator.role_arn, "aws:securetransport": "true"}
    for bucket in TLS_ONLY_BUCKETS:
        trusted = caller_of_role(f"arn:aws:iam::{ACCOUNT}:role/AirflowRole")
        insecure = {"aws:principalarn": trusted.role_arn, "aws:securetransport": "false"}
        for resource in (f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/a/key"):
            yield Request(trusted, "s3:GetObject", resource, insecure)
    for action in RAW_ACTIONS:
        yield Request(administrator, action, RAW_FILE, values)
    yield Request(ANYBODY, "s3:GetObject", "arn:aws:s3:::website/index.html", {"aws:securetransport": "true"})


def is_allowed(request: Request, document: dict[str, Any]) -> bool:
    return decisions([request], document)[0]


def decisions(requests: list[Request], document: dict[str, Any]) -> list[bool]:
    """Roles of the account are allowed everything by their own policies; services and anybody have none."""
    policy = policy_of(json.dumps(document))
    as_role, as_other = Policies((EVERYTHING,), resource=policy), Policies(resource=policy)
    return [decide(one, as_role if one.caller.role_arn else as_other).is_allowed for one in requests]


@pytest.fixture(scope="module")
def policies(resources) -> list[ResourcePolicy]:
    found = list(policies_of_resources(resources))
    kinds = {resource.type for resource in resources if f"{resource.template} {resource.name}" in dict(found)}
    assert kinds == {
        "AWS::IAM::Role",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
    }
    return found


@pytest.fixture(scope="module")
def requests() -> list[Request]:
    return [*requests_of_roles(), *requests_of_services(), *requests_of_strangers()]


def test_every_call_of_a_service_is_allowed_by_one_policy_and_every_one_of_a_role_by_all(policies) -> None:
    for request in requests_of_services():
        allowing = [policy.name for policy in policies if is_allowed(request, policy.document)]
        assert len(allowing) == 1, (request, allowing)
    on_buckets = list(requests_of_roles())
    assert len(on_buckets) > 100
    buckets = [policy for policy in policies if "Bucket" in policy.name]
    denied = [(one, policy.name) for policy in buckets for one in on_buckets if not is_allowed(one, policy.document)]
    assert denied == []


def test_what_the_policies_refuse_is_refused(policies) -> None:
    for request in requests_of_strangers():
        allowing = {policy.name for policy in policies if is_allowed(request, policy.document)}
        if request.caller is ANYBODY:
            assert allowing == {"dashboard WebsiteBucketPolicy"}
        elif request.caller.role_arn:
            assert len([policy for policy in policies if "Bucket" in policy.name and policy.name not in allowing]) == 1
        else:
            assert allowing == set(), request


def test_without_any_part_of_a_resources_policy_a_call_is_decided_otherwise(policies, requests) -> None:
    unneeded = []
    for policy in policies:
        decided = decisions(requests, policy.document)
        unneeded += [part.name for part in parts_of(policy) if decisions(requests, part.remaining) == decided]
    assert unneeded == []
