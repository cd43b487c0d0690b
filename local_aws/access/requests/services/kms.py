"""KMS. An alias stands for its key, and what is decrypted tells its key."""

import base64
from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, rules

PREFIX = "kms"

_OF_KEY = (
    "CancelKeyDeletion DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation Encrypt"
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


def _decrypt(call: Call) -> Iterator[Need]:
    """The key is that of the ciphertext, whichever is named (KMS API reference, Decrypt); moto writes it first.

    Of what is no ciphertext KMS says what is wrong.
    """
    from moto.kms.utils import KEY_ID_LEN

    try:
        key_id = base64.b64decode(call.parameters.get("CiphertextBlob") or "")[:KEY_ID_LEN].decode("ascii")
    except (TypeError, ValueError):
        key_id = ""
    yield Need("kms:Decrypt", call.arn("kms", f"key/{key_id or '*'}"))


RULES = {
    **rules(PREFIX, {"*": "CreateKey GenerateRandom ListAliases ListKeys"}),
    **dict.fromkeys(_OF_KEY.split(), _of_key),
    "Decrypt": _decrypt,
}
