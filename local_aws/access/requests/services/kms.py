"""KMS. An alias stands for its key."""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, rules

PREFIX = "kms"

_OF_KEY = (
    "CancelKeyDeletion Decrypt DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation Encrypt"
    " GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateMac GetKeyPolicy GetKeyRotationStatus GetPublicKey"
    " ListKeyPolicies ListResourceTags PutKeyPolicy ScheduleKeyDeletion Sign TagResource UntagResource"
    " UpdateKeyDescription Verify VerifyMac"
)


def _of_key(call: Call) -> Iterator[Need]:
    from moto.kms.models import kms_backends

    wanted = str(call.parameters.get("KeyId", "*"))
    if wanted.rpartition(":")[2].startswith("alias/"):
        backend = kms_backends[call.account_id][call.region]
        wanted = backend.get_key_id_from_alias(wanted.rpartition(":")[2]) or "*"
    yield Need(f"kms:{call.operation}", wanted if wanted.startswith("arn:") else call.arn("kms", f"key/{wanted}"))


RULES = {
    **rules(PREFIX, {"*": "CreateKey GenerateRandom ListAliases ListKeys"}),
    **dict.fromkeys(_OF_KEY.split(), _of_key),
}
