"""Lambda. A function's version or alias is a resource of its own."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, passing_roles, rules

PREFIX = "lambda"

_OPERATIONS = {
    "function:{FunctionName}": (
        "AddPermission CreateAlias CreateFunction DeleteAlias DeleteFunction DeleteFunctionConcurrency"
        " DeleteFunctionEventInvokeConfig GetAlias GetFunctionConcurrency GetFunctionEventInvokeConfig ListAliases"
        " ListFunctionEventInvokeConfigs ListVersionsByFunction PublishVersion PutFunctionConcurrency"
        " PutFunctionEventInvokeConfig RemovePermission UpdateAlias UpdateFunctionCode UpdateFunctionConfiguration"
        " UpdateFunctionEventInvokeConfig"
    ),
    "function:{FunctionName}:{Qualifier}|function:{FunctionName}": (
        "GetFunction GetFunctionConfiguration GetPolicy Invoke InvokeAsync"
    ),
    "event-source-mapping:{UUID}": "DeleteEventSourceMapping GetEventSourceMapping UpdateEventSourceMapping",
    "{Resource}": "ListTags TagResource UntagResource",
    "*": "GetAccountSettings ListEventSourceMappings ListFunctions",
}
_ACTIONS = {"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction"}
_PASSED_ROLES = {"CreateFunction": "Role", "UpdateFunctionConfiguration": "Role"}


def _create_mapping(call: Call) -> Iterator[Need]:
    name = str(call.parameters.get("FunctionName", "*"))
    arn = name if name.startswith("arn:") else call.arn("lambda", f"function:{name}")
    yield Need("lambda:CreateEventSourceMapping", "*", {"lambda:functionarn": arn})


RULES = {
    **passing_roles(rules(PREFIX, _OPERATIONS, _ACTIONS), "lambda.amazonaws.com", _PASSED_ROLES),
    "CreateEventSourceMapping": _create_mapping,
}
