"""Secrets Manager. A secret's ARN ends in characters that its name does not have."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, rules

PREFIX = "secretsmanager"

_OF_ONE = (
    "CancelRotateSecret DeleteResourcePolicy DeleteSecret DescribeSecret GetResourcePolicy GetSecretValue"
    " ListSecretVersionIds PutResourcePolicy PutSecretValue RestoreSecret RotateSecret TagResource UntagResource"
    " UpdateSecret UpdateSecretVersionStage ValidateResourcePolicy"
)


def _of_secret(call: Call) -> Iterator[Need]:
    wanted = str(call.parameters.get("SecretId", "*"))
    values = {"secretsmanager:secretid": _arn(call, wanted)}
    if stage := call.parameters.get("VersionStage"):
        values["secretsmanager:versionstage"] = stage
    yield Need(f"secretsmanager:{call.operation}", _arn(call, wanted), values)


def _arn(call: Call, wanted: str) -> str:
    """Of a secret that is not there, what it would be called."""
    from moto.secretsmanager.models import secretsmanager_backends

    if wanted.startswith("arn:") and wanted[-7:-6] == "-":
        return wanted
    name = wanted.rpartition(":secret:")[2]
    secret = secretsmanager_backends[call.account_id][call.region].secrets.get(name)
    return secret.arn if secret else call.arn("secretsmanager", f"secret:{name}")


def _batch(call: Call) -> Iterator[Need]:
    yield Need("secretsmanager:BatchGetSecretValue")
    for wanted in call.parameters.get("SecretIdList") or ["*"]:
        yield Need("secretsmanager:GetSecretValue", _arn(call, wanted))


RULES = {
    **rules(PREFIX, {"secret:{Name}": "CreateSecret", "*": "GetRandomPassword ListSecrets"}),
    **dict.fromkeys(_OF_ONE.split(), _of_secret),
    "BatchGetSecretValue": _batch,
}
