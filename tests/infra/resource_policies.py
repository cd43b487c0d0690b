"""The policies that the templates' resources have themselves: who may use a bucket, a queue, a topic, a function, and
who may act under a role."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from local_aws.awslambda.policy import statement_of
from tests.infra.role_policies import ACCOUNT, REGION, VALUES, resolve

RAW_ROLES = ("AirflowRole", "DmsRole", "MarketDataRole", "RawCrawlerRole", "TransformRole")
LAKE_OF_ACCOUNT = f"lakehouse-lake-{ACCOUNT}-{REGION}"
REFERENCES = {
    **VALUES,
    **{f"{role}Arn": f"arn:aws:iam::{ACCOUNT}:role/{role}" for role in RAW_ROLES},
    "DashboardApi": "dashboard-api",
    "DashboardApiFunction": "lakehouse-dashboard-api",
    "Distribution": "E1EXAMPLE",
    "FullLoadFailed.Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/lakehouse-dev-full-load-failed",
    "GlueJobFailed.Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/lakehouse-dev-glue-job-failed",
    "SiteBucket": "site",
    "StockArrivalsQueue.Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:lakehouse-stock-arrivals",
    "TradesApi": "trades-api",
    "TradesApiFunction": "lakehouse-trades-api",
    "WebsiteBucket": "website",
}
"""What references stand for in policies of resources."""


class ResourcePolicy(NamedTuple):
    """`name` is the template's and the resource's, `document` the policy with its references resolved."""

    name: str
    document: dict[str, Any]


def policies_of_resources(resources: list) -> Iterator[ResourcePolicy]:
    """Each policy that a resource is given, the trust policies of roles among them."""
    for resource in resources:
        document = _document_of(resource)
        if document:
            yield ResourcePolicy(f"{resource.template} {resource.name}", document)


def _document_of(resource: Any) -> dict[str, Any] | None:
    properties = resource.properties
    if resource.type == "AWS::IAM::Role":
        document = resolve(properties["AssumeRolePolicyDocument"], REFERENCES)
        # A trust policy is about the role that has it.
        arn = f"arn:aws:iam::{ACCOUNT}:role/{resource.name}"
        return {"Statement": [statement | {"Resource": arn} for statement in document["Statement"]]}
    if resource.type == "AWS::Lambda::Permission":
        permission = resolve(properties, REFERENCES)
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{permission['FunctionName']}"
        return {"Statement": [statement_of(permission | {"StatementId": resource.name}, arn).document()]}
    for element in ("ResourcePolicy", "KeyPolicy", "PolicyDocument"):
        if element in properties and not resource.type.startswith("AWS::IAM::"):
            return resolve(properties[element], REFERENCES)
    return None
