"""STS. Who one is, everybody may ask, and of a session no permission is needed (AWS STS API reference)."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, rules

PREFIX = "sts"


def _assume(call: Call) -> Iterator[Need]:
    values = {"sts:rolesessionname": str(call.parameters.get("RoleSessionName", ""))}
    if external_id := call.parameters.get("ExternalId"):
        values["sts:externalid"] = external_id
    yield Need("sts:AssumeRole", str(call.parameters.get("RoleArn", "")), values)


def _nothing(call: Call) -> Iterator[Need]:  # noqa: ARG001 - as every rule
    return iter(())


RULES = {**rules(PREFIX, {"*": "GetAccessKeyInfo"}), "AssumeRole": _assume, "GetCallerIdentity": _nothing}
