"""Stacks that are protected from termination, and what they made.

On AWS the protection is the stack's alone, and an account of one's own keeps others away. Here all users of an endpoint
share one account, and some tear down all that they list. So a request that would delete a role, a queue or another
resource of a protected stack by its name is refused too; the stack itself changes and deletes its resources as always.

Not held are the content of buckets, databases and tables (objects, Glue tables, items), changes that delete nothing
(an emptied policy, a disabled rule), and types that the project's templates do not have.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from moto.cloudformation.models import cloudformation_backends
from moto.core.exceptions import ServiceException

from local_aws.access.errors import AccessDeniedError
from local_aws.access.requests.parsing import call_of
from local_aws.awslambda.names import parse_function_name
from local_aws.state.operations import operation

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Deletion:
    """An operation that ends a resource of the type, or what makes it work; one of the parameters names it.

    `name_in` is the resource's name in what the parameter holds, where that is more than a name, an ARN or an address.
    """

    def __init__(self, resource_type: str, *parameters: str, name_in: Callable[[str], str] = str) -> None:
        self.resource_type = resource_type
        self.parameters = parameters
        self.name_in = name_in


def _function_name(text: str) -> str:
    """Of what is no function's name Lambda says what is wrong."""
    try:
        return parse_function_name(text).name
    except ServiceException:
        return text


_API = Deletion("AWS::ApiGatewayV2::Api", "apiId")
_FUNCTION = Deletion("AWS::Lambda::Function", "FunctionName", name_in=_function_name)
_LOG_GROUP = Deletion("AWS::Logs::LogGroup", "logGroupName")
_POLICY = Deletion("AWS::IAM::ManagedPolicy", "PolicyArn")
_ROLE = Deletion("AWS::IAM::Role", "RoleName")
# By moto's name of the service and the operation.
DELETIONS = {
    "apigatewayv2": dict.fromkeys(
        ("DeleteApi", "DeleteAuthorizer", "DeleteIntegration", "DeleteRoute", "DeleteStage"), _API
    ),
    "athena": {
        "DeleteNamedQuery": Deletion("AWS::Athena::NamedQuery", "NamedQueryId"),
        "DeleteWorkGroup": Deletion("AWS::Athena::WorkGroup", "WorkGroup"),
    },
    "awslambda": {
        "DeleteEventSourceMapping": Deletion("AWS::Lambda::EventSourceMapping", "UUID"),
        "DeleteFunction": _FUNCTION,
        "RemovePermission": _FUNCTION,
    },
    "cloudwatch": {
        "DeleteAlarms": Deletion("AWS::CloudWatch::Alarm", "AlarmNames"),
        "DeleteDashboards": Deletion("AWS::CloudWatch::Dashboard", "DashboardNames"),
    },
    "dms": {
        "DeleteEndpoint": Deletion("AWS::DMS::Endpoint", "EndpointArn"),
        "DeleteReplicationConfig": Deletion("AWS::DMS::ReplicationConfig", "ReplicationConfigArn"),
        "DeleteReplicationInstance": Deletion("AWS::DMS::ReplicationInstance", "ReplicationInstanceArn"),
        "DeleteReplicationSubnetGroup": Deletion(
            "AWS::DMS::ReplicationSubnetGroup", "ReplicationSubnetGroupIdentifier"
        ),
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
    "kinesis": {"DeleteStream": Deletion("AWS::Kinesis::Stream", "StreamName", "StreamARN")},
    "logs": {"DeleteLogGroup": _LOG_GROUP, "DeleteMetricFilter": _LOG_GROUP},
    "redshiftserverless": {
        "DeleteNamespace": Deletion("AWS::RedshiftServerless::Namespace", "namespaceName"),
        "DeleteWorkgroup": Deletion("AWS::RedshiftServerless::Workgroup", "workgroupName"),
    },
    "secretsmanager": {"DeleteSecret": Deletion("AWS::SecretsManager::Secret", "SecretId")},
    "sns": {
        "DeleteTopic": Deletion("AWS::SNS::Topic", "TopicArn"),
        "Unsubscribe": Deletion("AWS::SNS::Subscription", "SubscriptionArn"),
    },
    "sqs": {"DeleteQueue": Deletion("AWS::SQS::Queue", "QueueUrl")},
    "ssm": {
        "DeleteParameter": Deletion("AWS::SSM::Parameter", "Name"),
        "DeleteParameters": Deletion("AWS::SSM::Parameter", "Names"),
    },
}


def protecting_stacks(service: str, application: "WSGIApplication") -> "WSGIApplication":
    """The application of a service, without requests that delete what a protected stack made.

    Of these it raises AccessDeniedError.
    """
    if service not in DELETIONS and service != "s3":
        return application

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        for resource_type, name in _deleted(service, environ):
            if stack := _protected_stack(resource_type, name):
                raise AccessDeniedError(_sentence(resource_type, name, stack), operation(environ) or "DELETE", name)
        return application(environ, start_response)

    return respond


def _sentence(resource_type: str, name: str, stack: str) -> str:
    return (
        f"{name} ({resource_type}) cannot be deleted: it belongs to the stack {stack}, which is protected from"
        f" termination. To have it deleted with its stack, lift the protection: aws cloudformation"
        f" update-termination-protection --no-enable-termination-protection --stack-name {stack}"
    )


def _deleted(service: str, environ: "WSGIEnvironment") -> Iterator[tuple[str, str]]:
    """Type and name of each resource that the request would delete, or take a part from that makes it work."""
    if service == "s3":
        bucket, _, key = environ["PATH_INFO"].removeprefix("/").partition("/")
        if environ["REQUEST_METHOD"] == "DELETE" and not key:
            yield "AWS::S3::Bucket", bucket
        return
    # Only what may be a deletion is read as a whole.
    if environ["REQUEST_METHOD"] != "DELETE" and operation(environ) not in DELETIONS[service]:
        return
    call = call_of(service, environ)
    if deletion := DELETIONS[service].get(call.operation):
        for parameter in deletion.parameters:
            value = call.parameters.get(parameter, [])
            for name in value if isinstance(value, list) else [value]:
                yield deletion.resource_type, deletion.name_in(str(name))


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
    """Whether two names are of one resource: an ARN or an address ends with the name."""
    short, long = sorted((given, own), key=len)
    return given == own or (long.startswith(("arn:", "http")) and long.endswith((f":{short}", f"/{short}")))
