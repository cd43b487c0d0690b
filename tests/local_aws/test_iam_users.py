"""Users of IAM: what a user has keeps it from being deleted (IAM API reference, DeleteUser)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.client import BaseClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.local_aws.refusals import refusal

USER = "leaver"
DOCUMENT = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}'
SSH_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDExample leaver"


def certificate() -> str:
    """One that the user signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, today = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, USER)]), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, today, today + timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def iam(aws: Callable) -> Iterator[BaseClient]:
    client = aws("iam")
    client.create_user(UserName=USER)
    yield client
    client.delete_user(UserName=USER)
    assert refusal(client.get_user, UserName=USER).startswith("NoSuchEntity: ")


def test_user_with_access_keys_is_not_deleted(iam: BaseClient) -> None:
    key = iam.create_access_key(UserName=USER)["AccessKey"]["AccessKeyId"]
    said = refusal(iam.delete_user, UserName=USER)
    assert said == "DeleteConflict: Cannot delete entity, must delete access keys first."
    assert len(iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]) == 1
    iam.delete_access_key(UserName=USER, AccessKeyId=key)


def test_user_with_a_password_is_not_deleted(iam: BaseClient) -> None:
    iam.create_login_profile(UserName=USER, Password="a-Password-of-1")
    said = refusal(iam.delete_user, UserName=USER)
    assert said == "DeleteConflict: Cannot delete entity, must delete login profile first."
    iam.delete_login_profile(UserName=USER)


def test_user_with_policies_is_not_deleted(iam: BaseClient) -> None:
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.attach_user_policy(UserName=USER, PolicyArn=arn)
    attached = refusal(iam.delete_user, UserName=USER)
    iam.detach_user_policy(UserName=USER, PolicyArn=arn)
    iam.put_user_policy(UserName=USER, PolicyName="inline", PolicyDocument=DOCUMENT)
    inline = refusal(iam.delete_user, UserName=USER)
    iam.delete_user_policy(UserName=USER, PolicyName="inline")
    assert attached == "DeleteConflict: Cannot delete entity, must detach all policies first."
    assert inline == "DeleteConflict: Cannot delete entity, must delete policies first."


def test_user_with_an_mfa_device_is_not_deleted(iam: BaseClient) -> None:
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=USER)["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "234567", "AuthenticationCode2": "987654"}
    iam.enable_mfa_device(UserName=USER, SerialNumber=serial, **codes)
    said = refusal(iam.delete_user, UserName=USER)
    assert said == "DeleteConflict: Cannot delete entity, must delete MFA device first."
    iam.deactivate_mfa_device(UserName=USER, SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)


def test_user_with_certificates_or_ssh_keys_is_not_deleted(iam: BaseClient) -> None:
    uploaded = iam.upload_signing_certificate(UserName=USER, CertificateBody=certificate())["Certificate"]
    with_certificate = refusal(iam.delete_user, UserName=USER)
    iam.delete_signing_certificate(UserName=USER, CertificateId=uploaded["CertificateId"])
    key = iam.upload_ssh_public_key(UserName=USER, SSHPublicKeyBody=SSH_KEY)["SSHPublicKey"]
    with_key = refusal(iam.delete_user, UserName=USER)
    iam.delete_ssh_public_key(UserName=USER, SSHPublicKeyId=key["SSHPublicKeyId"])
    assert with_certificate == "DeleteConflict: Cannot delete entity, must delete certificates first."
    assert with_key == "DeleteConflict: Cannot delete entity, must remove referenced objects first."
