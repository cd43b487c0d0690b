"""What requests say of a function's configuration, brought into a version of it."""

from dataclasses import replace
from typing import Any

from local_aws import access
from local_aws.awslambda.exceptions import InvalidParameterValueException
from local_aws.awslambda.functions import Version
from local_aws.awslambda.roles import SERVICE

# Parameters of CreateFunction and UpdateFunctionConfiguration, and the field that each becomes as it is.
PLAIN_FIELDS = {
    "Description": "description",
    "Handler": "handler",
    "MemorySize": "memory_size",
    "Role": "role",
    "Runtime": "runtime",
    "Timeout": "timeout",
    "KMSKeyArn": "kms_key_arn",
}
CONFIGURATION = frozenset(
    {*PLAIN_FIELDS, "Architectures", "DeadLetterConfig", "Environment", "EphemeralStorage", "FunctionName"}
    | {"LoggingConfig", "PackageType", "TracingConfig"}
)
CREATION = CONFIGURATION | {"Code", "Publish", "Tags"}
UPDATE = (CONFIGURATION | {"RevisionId"}) - {"Architectures", "PackageType"}
CODE_UPDATE = frozenset(
    {"Architectures", "DryRun", "FunctionName", "Publish", "RevisionId", "S3Bucket", "S3Key", "S3ObjectVersion"}
    | {"ZipFile"}
)


def configured(version: Version, request: dict[str, Any]) -> Version:
    """The version with what the request says; what it does not name stays."""
    changes: dict[str, Any] = {
        field: request[parameter] for parameter, field in PLAIN_FIELDS.items() if request.get(parameter) is not None
    }
    if request.get("PackageType") == "Image":
        raise NotImplementedError("A function from a container image: give a zip archive")
    if request.get("Environment") is not None:
        changes["environment"] = dict(request["Environment"].get("Variables") or {})
    if request.get("DeadLetterConfig") is not None:
        changes["dead_letter_arn"] = _dead_letter_target(request["DeadLetterConfig"].get("TargetArn") or "")
    if request.get("TracingConfig"):
        changes["tracing_mode"] = request["TracingConfig"].get("Mode") or "PassThrough"
    if request.get("EphemeralStorage"):
        changes["storage_mb"] = request["EphemeralStorage"]["Size"]
    if request.get("Architectures"):
        changes["architecture"] = request["Architectures"][0]
    if request.get("LoggingConfig"):
        changes["log_group"] = request["LoggingConfig"].get("LogGroup") or ""
    return replace(version, **changes)


def _dead_letter_target(arn: str) -> str:
    if arn and arn.split(":")[2:3] not in (["sqs"], ["sns"]):
        raise InvalidParameterValueException(f"The provided dead letter target {arn} is no queue and no topic.")
    return arn


def check_role(arn: str, function_arn: str) -> None:
    """Raises InvalidParameterValueException for a role that is not there, or that does not trust Lambda."""
    try:
        access.service_session(arn, SERVICE, "check", function_arn)
    except access.AccessDeniedError as error:
        message = "The role defined for the function cannot be assumed by Lambda."
        raise InvalidParameterValueException(message) from error
