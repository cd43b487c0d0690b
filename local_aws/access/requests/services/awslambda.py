"""Lambda. A function's version or alias is a resource of its own."""

from collections.abc import Iterator

from moto.core.exceptions import ServiceException

from local_aws.access.requests.calls import Call, Need, passing_roles, rules
from local_aws.awslambda.names import parse_function_name

PREFIX = "lambda"

_OF_FUNCTION = (
    "AddPermission CreateAlias CreateFunction DeleteAlias DeleteFunction DeleteFunctionConcurrency"
    " DeleteFunctionEventInvokeConfig GetAlias GetFunctionConcurrency GetFunctionEventInvokeConfig ListAliases"
    " ListFunctionEventInvokeConfigs ListVersionsByFunction PublishVersion PutFunctionConcurrency"
    " PutFunctionEventInvokeConfig RemovePermission UpdateAlias UpdateFunctionCode UpdateFunctionConfiguration"
    " UpdateFunctionEventInvokeConfig"
)
_OF_VERSION = ("GetFunction", "GetFunctionConfiguration", "GetPolicy", "Invoke", "InvokeAsync")
_OPERATIONS = {
    "event-source-mapping:{UUID}": "DeleteEventSourceMapping GetEventSourceMapping UpdateEventSourceMapping",
    "{Resource}": "ListTags TagResource UntagResource",
    "*": "GetAccountSettings ListEventSourceMappings ListFunctions",
}
_ACTIONS = {"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction"}
_PASSED_ROLES = {"CreateFunction": "Role", "UpdateFunctionConfiguration": "Role"}


def _function_arn(call: Call, qualifier: str | None = None) -> str:
    """Of a name, of a partial or a whole ARN; of what is none of them the service says what is wrong."""
    text = str(call.parameters.get("FunctionName", "*"))
    try:
        name = parse_function_name(text, qualifier)
    except ServiceException:
        return call.arn("lambda", f"function:{text}")
    named = f"{name.name}:{name.qualifier}" if name.qualifier else name.name
    region, account = name.region or call.region, name.account or call.account_id
    return f"arn:{call.partition}:lambda:{region}:{account}:function:{named}"


def _of_function(call: Call) -> Iterator[Need]:
    qualifier = call.parameters.get("Qualifier") if call.operation in _OF_VERSION else None
    yield Need(f"lambda:{_ACTIONS.get(call.operation, call.operation)}", _function_arn(call, qualifier))


def _create_mapping(call: Call) -> Iterator[Need]:
    yield Need("lambda:CreateEventSourceMapping", "*", {"lambda:functionarn": _function_arn(call)})


_RULES = {**rules(PREFIX, _OPERATIONS), **dict.fromkeys([*_OF_FUNCTION.split(), *_OF_VERSION], _of_function)}
RULES = {
    **passing_roles(_RULES, "lambda.amazonaws.com", _PASSED_ROLES),
    "CreateEventSourceMapping": _create_mapping,
}
