"""What the roles of the templates may do, evaluated as IAM does it: allowed by a statement, denied by none."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

ACCOUNT = "123456789012"
REGION = "eu-central-1"
_LOG_GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group"
VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "EnvironmentName": "dev",
    "LakeBucket": "lake",
    "RawBucket": "raw",
    "ArtifactsBucket": "artifacts",
    "AthenaResultsBucket": "results",
    "DataDocsBucket": "docs",
    "AirflowSourceBucket": "airflow",
    "RdsSecretId": "lakehouse/rds",
    "DocDbSecretId": "lakehouse/docdb",
    "AlertsTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:lakehouse-alerts",
    "TradesStreamArn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/lakehouse-trades",
    "RdsFullLoadArn": f"arn:aws:dms:{REGION}:{ACCOUNT}:task:rds-to-s3-full-load",
    "DocDbFullLoadArn": f"arn:aws:dms:{REGION}:{ACCOUNT}:task:docdb-to-s3-full-load",
    "TokenizationKey": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:lakehouse/tokenization-key-AbCdEf",
    "GlueRoleName": "lakehouse-GlueRole",
    "GlueDatabase": "financial_data_db",
    "DashboardWorkGroup": "lakehouse-dashboard",
    "ProducerRepository": "lakehouse/trades-producer",
    "TradesStream.Arn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/lakehouse-trades",
    "TradesTable.Arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/lakehouse-trades",
    "TradeBarsTable.Arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/lakehouse-trade-bars",
    "RefusedTradesQueue.Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:lakehouse-refused-trades",
    "FailedTradeBatchesQueue.Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:lakehouse-failed-trade-batches",
    "TradesToDynamodbLogs.Arn": f"{_LOG_GROUP}:/aws/lambda/lakehouse-trades-to-dynamodb:*",
    "TradesApiLogs.Arn": f"{_LOG_GROUP}:/aws/lambda/lakehouse-trades-api:*",
    "DashboardApiLogs.Arn": f"{_LOG_GROUP}:/aws/lambda/lakehouse-dashboard-api:*",
    "ProducerLogs.Arn": f"{_LOG_GROUP}:/lakehouse/trades-producer:*",
}
"""What references stand for; a bucket's ARN is made of its name."""


def resolve(value: Any, values: Mapping[str, str] = VALUES) -> Any:
    """The value with its Ref, Fn::GetAtt and Fn::Sub as text; raises KeyError for a reference without a value."""
    if isinstance(value, list):
        return [resolve(item, values) for item in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return values[value["Ref"]]
    if "Fn::GetAtt" in value:
        attribute = value["Fn::GetAtt"]
        return _attribute(attribute if isinstance(attribute, str) else ".".join(attribute), values)
    if "Fn::Sub" in value:
        return re.sub(r"\$\{([^}]+)\}", lambda match: _attribute(match[1], values), value["Fn::Sub"])
    return {key: resolve(item, values) for key, item in value.items()}


def _attribute(name: str, values: Mapping[str, str]) -> str:
    if name.endswith(".Arn") and name not in values:
        return f"arn:aws:s3:::{values[name.removesuffix('.Arn')]}"
    return values.get(name, f"${{{name}}}")


def as_list(value: Any) -> list:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class RolePolicies:
    """All statements of one role."""

    statements: list[dict[str, Any]]

    def allows(self, action: str, resource: str = "*", **context: str) -> bool:
        """Whether the role may; `context` are condition keys with `_` for `:` (`cloudwatch_namespace="Glue"`)."""
        matching = [statement for statement in self.statements if _matches(statement, action, resource, context)]
        effects = {statement["Effect"] for statement in matching}
        return effects == {"Allow"}


def _matches(statement: dict[str, Any], action: str, resource: str, context: dict[str, str]) -> bool:
    if action not in as_list(statement["Action"]):
        return False
    if "NotResource" in statement:
        is_named = not _is_any(resource, statement["NotResource"])
    else:
        is_named = _is_any(resource, statement["Resource"])
    return is_named and all(
        _is_any(context.get(key.replace(":", "_"), ""), wanted)
        for condition in statement.get("Condition", {}).values()
        for key, wanted in condition.items()
    )


def _is_any(text: str, patterns: Any) -> bool:
    return any(fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in as_list(patterns))


def role_policies(resources: list, role: str) -> RolePolicies:
    """The inline policies of a role, and those that stand beside it; or those of a managed policy that has the name."""
    return RolePolicies([resolve(statement) for statement in _statements(resources, role)])


def _statements(resources: list, role: str) -> Iterator[dict[str, Any]]:
    for resource in resources:
        if resource.type == "AWS::IAM::Role" and resource.name == role:
            policies = resource.properties.get("Policies", [])
        elif _stands_beside(resource, role):
            policies = [resource.properties]
        else:
            continue
        for policy in policies:
            yield from as_list(policy["PolicyDocument"]["Statement"])


def _stands_beside(resource: Any, role: str) -> bool:
    if resource.type == "AWS::IAM::RolePolicy":
        return resource.properties["RoleName"] in ({"Ref": role}, {"Ref": f"{role}Name"})
    if resource.type == "AWS::IAM::Policy":
        return {"Ref": role} in resource.properties["Roles"]
    return resource.type == "AWS::IAM::ManagedPolicy" and resource.name == role


def roles_of(resource: Any) -> list[tuple[str, dict[str, Any]]]:
    """Each role with a document that the resource gives it; a managed policy is its own role."""
    properties = resource.properties
    if resource.type == "AWS::IAM::Role":
        return [(resource.name, policy["PolicyDocument"]) for policy in properties.get("Policies", [])]
    if resource.type == "AWS::IAM::Policy":
        return [(role["Ref"], properties["PolicyDocument"]) for role in properties["Roles"]]
    if resource.type == "AWS::IAM::RolePolicy":
        return [(properties["RoleName"]["Ref"].removesuffix("Name"), properties["PolicyDocument"])]
    return [(resource.name, properties["PolicyDocument"])] if resource.type == "AWS::IAM::ManagedPolicy" else []
