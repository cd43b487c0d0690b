"""Redshift Serverless: workgroups and namespaces by their ids, which their names do not tell."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, passing_roles, rules
from local_aws.access.requests.services.redshiftdata import workgroup_arn

PREFIX = "redshift-serverless"

_OPERATIONS = {
    "{resourceArn}": "ListTagsForResource TagResource UntagResource",
    "namespace/*": "CreateNamespace DeleteNamespace GetNamespace UpdateNamespace",
    "*": (
        "CreateUsageLimit DeleteUsageLimit GetUsageLimit ListNamespaces ListUsageLimits ListWorkgroups UpdateUsageLimit"
    ),
}


def _of_workgroup(call: Call) -> Iterator[Need]:
    yield Need(f"redshift-serverless:{call.operation}", workgroup_arn(call, call.parameters.get("workgroupName")))


_PASSED_ROLES = {"CreateNamespace": "defaultIamRoleArn", "UpdateNamespace": "defaultIamRoleArn"}
RULES = {
    **passing_roles(rules(PREFIX, _OPERATIONS), "redshift-serverless.amazonaws.com", _PASSED_ROLES),
    **dict.fromkeys(
        ("CreateWorkgroup", "DeleteWorkgroup", "GetCredentials", "GetWorkgroup", "UpdateWorkgroup"), _of_workgroup
    ),
}
