"""What Lambda does with the rights of a function's role: read event sources, tell destinations, write logs.

Source: AWS Lambda developer guide, "Defining Lambda function permissions with an execution role".
"""

from collections.abc import Iterator
from contextlib import contextmanager

from local_aws import access
from local_aws.awslambda.exceptions import InvalidParameterValueException
from local_aws.awslambda.functions import Version

SERVICE = "lambda.amazonaws.com"
SENDING_ACTIONS = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}
# ListStreams has no resource, and is not needed for a stream that is named.
READING_ACTIONS = {
    "dynamodb": ("DescribeStream", "GetRecords", "GetShardIterator"),
    "kinesis": ("DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"),
    "sqs": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
}


@contextmanager
def acting_as_role_of(version: Version) -> Iterator[None]:
    """Raises AccessDeniedError where the role is gone, or does not trust Lambda any more."""
    with access.acting_as(access.service_session(version.role, SERVICE, version.function_name, version.arn)):
        yield


def authorize_sending(function_arn: str, receiver_arn: str) -> None:
    """Whether the function's role may send to a destination; raises AccessDeniedError."""
    with acting_as_role_of(_version(function_arn)):
        access.authorize(SENDING_ACTIONS[receiver_arn.split(":")[2]], receiver_arn)


def authorize_reading(function_arn: str, source_arn: str) -> None:
    """Whether the function's role may read an event source; raises AccessDeniedError."""
    service = source_arn.split(":")[2]
    with acting_as_role_of(_version(function_arn)):
        for action in READING_ACTIONS[service]:
            access.authorize(f"{service}:{action}", source_arn)


def check_reading(function_arn: str, source_arn: str) -> None:
    """Raises InvalidParameterValueException, as a mapping that could not read is not made."""
    service = source_arn.split(":")[2]
    try:
        authorize_reading(function_arn, source_arn)
    except access.AccessDeniedError as error:
        if service == "sqs":
            action = error.action.partition(":")[2]
            message = f"The function execution role does not have permissions to call {action} on SQS"
        else:
            message = (
                f"Cannot access stream {source_arn}. Please ensure the role can perform the GetRecords,"
                f" GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM. ({error.message})"
            )
        raise InvalidParameterValueException(message) from error


def _version(function_arn: str) -> Version:
    from local_aws.awslambda.invocation import backend_of

    return backend_of(function_arn).version(function_arn)
