"""Stacks that are protected from termination, and what they made.

On AWS the protection is the stack's alone, and an account of one's own keeps others away. Here all users of an endpoint
share one account, and some tear down all that they list. So a request that would delete a role, a queue or another
resource of a protected stack by its name is refused too; the stack itself changes and deletes its resources as always.
"""

import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from moto.cloudformation.models import cloudformation_backends

from local_aws.failures import access_denied
from local_aws.state.operations import operation

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True)
class Deletion:
    """An operation that ends a resource of the type, or what makes it work; the parameter names it."""

    resource_type: str
    parameter: str


_ROLE = Deletion("AWS::IAM::Role", "RoleName")
_POLICY = Deletion("AWS::IAM::ManagedPolicy", "PolicyArn")
# By moto's name of the service and the operation.
DELETIONS = {
    "athena": {"DeleteWorkGroup": Deletion("AWS::Athena::WorkGroup", "WorkGroup")},
    "cloudwatch": {
        "DeleteAlarms": Deletion("AWS::CloudWatch::Alarm", "AlarmNames"),
        "DeleteDashboards": Deletion("AWS::CloudWatch::Dashboard", "DashboardNames"),
    },
    "dms": {
        "DeleteEndpoint": Deletion("AWS::DMS::Endpoint", "EndpointArn"),
        "DeleteReplicationConfig": Deletion("AWS::DMS::ReplicationConfig", "ReplicationConfigArn"),
        "DeleteReplicationInstance": Deletion("AWS::DMS::ReplicationInstance", "ReplicationInstanceArn"),
        "DeleteReplicationTask": Deletion("AWS::DMS::ReplicationTask", "ReplicationTaskArn"),
    },
    "dynamodb": {"DeleteTable": Deletion("AWS::DynamoDB::Table", "TableName")},
    "events": {
        "DeleteRule": Deletion("AWS::Events::Rule", "Name"),
        "RemoveTargets": Deletion("AWS::Events::Rule", "Rule"),
    },
    "glue": {
        "DeleteCrawler": Deletion("AWS::Glue::Crawler", "Name"),
        "DeleteDatabase": Deletion("AWS::Glue::Database", "Name"),
        "DeleteDataQualityRuleset": Deletion("AWS::Glue::DataQualityRuleset", "Name"),
        "DeleteJob": Deletion("AWS::Glue::Job", "JobName"),
        "DeleteSecurityConfiguration": Deletion("AWS::Glue::SecurityConfiguration", "Name"),
    },
    "iam": {
        "DeletePolicy": _POLICY,
        "DeletePolicyVersion": _POLICY,
        "DeleteRole": _ROLE,
        "DeleteRolePolicy": _ROLE,
        "DetachRolePolicy": _ROLE,
    },
    "kinesis": {"DeleteStream": Deletion("AWS::Kinesis::Stream", "StreamName")},
    "logs": {
        "DeleteLogGroup": Deletion("AWS::Logs::LogGroup", "logGroupName"),
        "DeleteMetricFilter": Deletion("AWS::Logs::LogGroup", "logGroupName"),
    },
    "redshiftserverless": {
        "DeleteNamespace": Deletion("AWS::RedshiftServerless::Namespace", "namespaceName"),
        "DeleteWorkgroup": Deletion("AWS::RedshiftServerless::Workgroup", "workgroupName"),
    },
    "secretsmanager": {"DeleteSecret": Deletion("AWS::SecretsManager::Secret", "SecretId")},
    "sns": {"DeleteTopic": Deletion("AWS::SNS::Topic", "TopicArn")},
    "sqs": {"DeleteQueue": Deletion("AWS::SQS::Queue", "QueueUrl")},
    "ssm": {
        "DeleteParameter": Deletion("AWS::SSM::Parameter", "Name"),
        "DeleteParameters": Deletion("AWS::SSM::Parameter", "Names"),
    },
}
# Of the services whose requests are addresses: what DELETE of one means.
PATHS = {
    "apigatewayv2": [("AWS::ApiGatewayV2::Api", re.compile(r"/v2/apis/([^/]+)/?"))],
    "lambda": [
        ("AWS::Lambda::Function", re.compile(r"/[0-9-]+/functions/([^/]+)/?")),
        ("AWS::Lambda::EventSourceMapping", re.compile(r"/[0-9-]+/event-source-mappings/([^/]+)/?")),
    ],
    "s3": [("AWS::S3::Bucket", re.compile(r"/([^/]+)/?"))],
}


def protecting_stacks(service: str, application: "WSGIApplication") -> "WSGIApplication":
    """The application of a service, without requests that delete what a protected stack made."""
    service = {"awslambda": "lambda"}.get(service, service)
    if service not in DELETIONS and service not in PATHS:
        return application

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        for resource_type, name in _deleted(service, environ):
            if stack := _protected_stack(resource_type, name):
                return access_denied(service, environ, start_response, _sentence(resource_type, name, stack))
        return application(environ, start_response)

    return respond


def _sentence(resource_type: str, name: str, stack: str) -> str:
    return (
        f"{name} ({resource_type}) cannot be deleted: it belongs to the stack {stack}, which is protected from"
        f" termination. To have it deleted with its stack, lift the protection: aws cloudformation"
        f" update-termination-protection --no-enable-termination-protection --stack-name {stack}"
    )


def _deleted(service: str, environ: "WSGIEnvironment") -> Iterator[tuple[str, str]]:
    """Type and name of each resource that the request would delete."""
    if environ["REQUEST_METHOD"] == "DELETE" and not environ.get("QUERY_STRING"):
        for resource_type, path in PATHS.get(service, []):
            if found := path.fullmatch(environ["PATH_INFO"]):
                yield resource_type, unquote(found[1])
    if environ["REQUEST_METHOD"] == "POST" and service in DELETIONS:
        deletion = DELETIONS[service].get(operation(environ) or "")
        if deletion:
            for name in _names(environ, deletion.parameter):
                yield deletion.resource_type, name


def _names(environ: "WSGIEnvironment", parameter: str) -> list[str]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    if "HTTP_X_AMZ_TARGET" in environ:
        try:
            value: Any = json.loads(body or b"{}").get(parameter, [])
        except ValueError:
            return []
        return value if isinstance(value, list) else [value]
    fields = parse_qs(body.decode("utf-8", errors="replace"))
    return [
        value
        for key, values in fields.items()
        for value in values
        if key == parameter or key.startswith(f"{parameter}.")
    ]


def _protected_stack(resource_type: str, name: str) -> str | None:
    """The name of the protected stack that has a resource of the type under the name, or under the ARN or address."""
    for _, _, backend in list(cloudformation_backends.iter_backends()):
        for stack in list(backend.stacks.values()):
            if not stack.enable_termination_protection:
                continue
            names = stack.resource_map.names
            for logical_name, resource in list(stack.resource_map.created.items()):
                own_names = {str(resource.physical_resource_id), names.get(logical_name, "")} - {""}
                if resource.cf_resource_type == resource_type and any(_is_same(name, own) for own in own_names):
                    return stack.name
    return None


def _is_same(given: str, own: str) -> bool:
    return given == own or given.endswith((f":{own}", f"/{own}")) or own.endswith((f":{given}", f"/{given}"))
