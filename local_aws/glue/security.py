"""Security configurations: what a job's or a crawler's encryption is, as far as it needs no key of the customer."""

from typing import Any

from moto.glue.models import FakeSecurityConfiguration, GlueBackend

from local_aws.glue.exceptions import InvalidInputError

DISABLED = "DISABLED"
# Per kind of data the name of its mode, and the modes that are kept here: no local engine has KMS keys to encrypt with.
MODES = {
    "S3Encryption": ("S3EncryptionMode", {DISABLED, "SSE-S3"}),
    "CloudWatchEncryption": ("CloudWatchEncryptionMode", {DISABLED}),
    "JobBookmarksEncryption": ("JobBookmarksEncryptionMode", {DISABLED}),
    "DataQualityEncryption": ("DataQualityEncryptionMode", {DISABLED}),
}


class SecurityBackend(GlueBackend):
    def create_security_configuration(self, name: str, configuration: dict[str, Any]) -> FakeSecurityConfiguration:
        check_configuration(configuration)
        return super().create_security_configuration(name, configuration)

    def replace_security_configuration(self, name: str, configuration: dict[str, Any]) -> None:
        """For CloudFormation, which keeps the name; the Glue API cannot change a security configuration."""
        check_configuration(configuration)
        self.get_security_configuration(name).configuration = configuration

    def check_security_configuration(self, name: str | None) -> None:
        """Raises EntityNotFoundException for one that a job or crawler names and that does not exist."""
        if name:
            self.get_security_configuration(name)


def check_configuration(configuration: dict[str, Any]) -> None:
    """Raises InvalidInputError for encryption that the local Glue does not have."""
    for kind, settings in configuration.items():
        field, known = MODES[kind]
        for setting in settings if isinstance(settings, list) else [settings]:
            mode = setting.get(field, DISABLED)
            if mode not in known:
                raise InvalidInputError(f"The local Glue does not support the {field} {mode}.")
