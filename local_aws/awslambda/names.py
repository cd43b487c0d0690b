"""The names that requests give functions: a name, a partial ARN or a whole one, each with a qualifier or without."""

import re
from dataclasses import dataclass

from local_aws.awslambda.exceptions import InvalidParameterValueException, ValidationException

FUNCTION_NAME = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


@dataclass(frozen=True)
class FunctionName:
    name: str
    qualifier: str | None = None
    account: str | None = None
    region: str | None = None


def parse_function_name(text: str, qualifier: str | None = None) -> FunctionName:
    """Raises ValidationException for what is no name, InvalidParameterValueException for two qualifiers that differ."""
    match = FUNCTION_NAME.fullmatch(text)
    if not match:
        raise ValidationException(
            f"1 validation error detected: Value '{text}' at 'functionName' failed to satisfy constraint:"
            " Member must satisfy regular expression pattern of a function's name or ARN"
        )
    named = match["qualifier"]
    if named and qualifier and named != qualifier:
        raise InvalidParameterValueException(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return FunctionName(match["name"], qualifier or named, match["account"], match["region"])
