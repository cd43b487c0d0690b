"""Least privilege: no `*` but where AWS allows nothing narrower, with the reason beside it."""

import json
from collections import Counter
from collections.abc import Iterator

from lakehouse_aws.metrics import METRIC_NAMESPACE

from tests.infra.role_policies import ACCOUNT, VALUES, resolve, roles_of

MAX_INLINE_CHARACTERS = 10_240
LONG_REGION = "ap-southeast-1"

# Of the service authorization reference and the user guides of the services; by the statement's Sid.
UNAVOIDABLE = {
    "ReadAccountPublicAccessBlock": "s3:GetAccountPublicAccessBlock is of the account; it takes no resource",
    "ReadSecurityConfiguration": "glue:GetSecurityConfiguration takes no resource",
    "FindLogGroups": "logs:DescribeLogGroups takes no resource",
    "WriteMetrics": "cloudwatch:PutMetricData takes no resource; the namespaces are a condition",
    "DecryptQueuedTasks": "the key of MWAA's own queues lies in an account of AWS; used through SQS only, by condition",
    "ReadMetrics": "cloudwatch:GetMetricData takes no resource",
    "FindFullLoads": "the Describe actions of DMS that find loads, endpoints and connections take no resource",
    "SignInToRegistry": "ecr:GetAuthorizationToken takes no resource",
    "ReadOwnStatements": "statements of the Data API have no ARN; a condition keeps to the role's own",
}
# Of pages without data; where there is CloudFront, as by default in an account, there is no such bucket.
PUBLIC_WEBSITE = "WebsiteBucketPolicy"
UNAVOIDABLE_POLICIES = {
    "AmazonDMSVPCManagementRole": "DMS demands its own policy for dms-vpc-role",
    "AmazonDMSCloudWatchLogsRole": "DMS demands its own policy for dms-cloudwatch-logs-role",
}


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def identity_statements(resources) -> Iterator[tuple[str, dict]]:
    """Each statement that a role is given, with where it stands."""
    for resource in resources:
        if resource.type == "AWS::IAM::Role":
            policies = resource.properties.get("Policies", [])
        elif resource.type in {"AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"}:
            policies = [resource.properties]
        else:
            continue
        for policy in policies:
            for statement in as_list(policy["PolicyDocument"]["Statement"]):
                yield f"{resource.template} {resource.name}", statement


def test_no_action_is_a_pattern(resources) -> None:
    statements = list(identity_statements(resources))
    assert len(statements) > 20
    patterns = [
        (where, action) for where, statement in statements for action in as_list(statement["Action"]) if "*" in action
    ]
    assert patterns == []


def test_every_resource_is_named_unless_the_service_allows_no_name(resources) -> None:
    unbounded = [
        (where, statement.get("Sid"))
        for where, statement in identity_statements(resources)
        if "NotResource" in statement or "*" in as_list(statement["Resource"])
    ]
    assert [found for found in unbounded if found[1] not in UNAVOIDABLE] == []
    assert {sid for _, sid in unbounded} == UNAVOIDABLE.keys()


def test_the_policies_in_a_role_are_not_longer_than_iam_takes(resources, monkeypatch) -> None:
    """10,240 characters together, blanks not counted (IAM user guide, IAM and AWS STS quotas)."""
    buckets = {name: f"lakehouse-athena-results-{ACCOUNT}-{LONG_REGION}" for name in VALUES if name.endswith("Bucket")}
    for name, value in ({"AWS::Region": LONG_REGION} | buckets).items():
        monkeypatch.setitem(VALUES, name, value)
    documents = [
        (role, document)
        for resource in resources
        if resource.type in {"AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::RolePolicy"}
        for role, document in roles_of(resource)
    ]
    sizes = Counter()
    for role, document in documents:
        sizes[role] += len("".join(json.dumps(resolve(document)).split()))
    assert sizes["AirflowRole"] > 5_000
    assert {role: size for role, size in sizes.items() if size > MAX_INLINE_CHARACTERS} == {}


def test_airflow_starts_the_full_loads_of_the_lakehouse_only(resources) -> None:
    (statement,) = [found for _, found in identity_statements(resources) if found.get("Sid") == "RunFullLoads"]
    assert statement["Resource"] == [{"Ref": "RdsFullLoadArn"}, {"Ref": "DocDbFullLoadArn"}]


def test_airflow_may_send_the_metrics_of_the_lakehouse_and_of_mwaa(resources) -> None:
    conditions = {
        where: statement["Condition"]
        for where, statement in identity_statements(resources)
        if statement.get("Sid") == "WriteMetrics"
    }
    namespaces = {"airflow_role LakehousePolicy": METRIC_NAMESPACE, "orchestration AirflowPolicy": "AmazonMWAA"}
    for where, namespace in namespaces.items():
        assert conditions[where] == {"StringEquals": {"cloudwatch:namespace": namespace}}


def test_policies_of_aws_are_not_used_unless_demanded(resources_of) -> None:
    attached = {
        str(policy).rsplit("/", maxsplit=1)[-1].strip("'}")
        for role in resources_of("AWS::IAM::Role")
        for policy in role.properties.get("ManagedPolicyArns", [])
        if ":iam::aws:policy/" in str(policy)
    }
    assert attached == UNAVOIDABLE_POLICIES.keys()


def test_no_resource_is_open_to_everybody(resources) -> None:
    policies = [
        resource for resource in resources if resource.type.endswith(("BucketPolicy", "TopicPolicy", "QueuePolicy"))
    ]
    assert policies
    for policy in policies:
        if policy.name == PUBLIC_WEBSITE:
            continue
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            is_open = statement["Principal"] in ("*", {"AWS": "*"})
            assert statement["Effect"] == "Deny" or not is_open, (policy.template, policy.name)


def test_roles_are_assumed_by_services_only(resources_of) -> None:
    for role in resources_of("AWS::IAM::Role"):
        for statement in role.properties["AssumeRolePolicyDocument"]["Statement"]:
            assert statement["Principal"].keys() == {"Service"}, role.name
