"""Systems Manager's Parameter Store. A hierarchical name begins with a slash, which its ARN has once."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, rules

PREFIX = "ssm"

_OF_PARAMETERS = {
    "DeleteParameter": "Name",
    "DeleteParameters": "Names",
    "GetParameter": "Name",
    "GetParameterHistory": "Name",
    "GetParameters": "Names",
    "GetParametersByPath": "Path",
    "LabelParameterVersion": "Name",
    "PutParameter": "Name",
}


def _of_parameters(call: Call) -> Iterator[Need]:
    given = call.parameters.get(_OF_PARAMETERS[call.operation]) or "*"
    for name in given if isinstance(given, list) else [given]:
        arn = name if name.startswith("arn:") else call.arn("ssm", f"parameter/{name.lstrip('/').partition(':')[0]}")
        yield Need(f"ssm:{call.operation}", arn)


RULES = {**rules(PREFIX, {"*": "DescribeParameters"}), **dict.fromkeys(_OF_PARAMETERS, _of_parameters)}
