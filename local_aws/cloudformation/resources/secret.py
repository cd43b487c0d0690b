"""AWS::SecretsManager::Secret."""

import json
from typing import Any, ClassVar, Self
from uuid import uuid4

from moto.core.common_models import CloudFormationModel
from moto.secretsmanager.models import SecretsManagerBackend, secretsmanager_backends

from local_aws.cloudformation.resources.base import Properties, StackResource, as_boolean

DEFAULT_PASSWORD_LENGTH = 32


class SecretResource(StackResource, CloudFormationModel):
    type_name = "AWS::SecretsManager::Secret"
    backends = secretsmanager_backends
    name_property = "Name"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"Name", "Description", "SecretString", "GenerateSecretString", "KmsKeyId", "Tags"}
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"Id"})

    @classmethod
    def create(cls, backend: SecretsManagerBackend, name: str, properties: Properties) -> Self:
        created = backend.create_secret(
            name=name,
            secret_string=_secret_string(properties, backend),
            secret_binary=None,
            description=properties.get("Description"),
            tags=properties.get("Tags", []),
            kms_key_id=properties.get("KmsKeyId"),
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        arn = json.loads(created)["ARN"]
        resource = cls(arn, {"Id": arn})
        resource.generation = properties.get("GenerateSecretString")
        return resource

    def update(self, backend: SecretsManagerBackend, name: str, properties: Properties) -> Self:
        """A generated value is made anew only when what is asked of it changes."""
        secret = backend.describe_secret(self.physical_resource_id)
        if secret.name != name:
            return self.replace(backend, name, properties)
        generation = properties.get("GenerateSecretString")
        is_kept = generation is not None and generation == self.generation
        backend.update_secret(
            secret_id=self.physical_resource_id,
            secret_string=None if is_kept else _secret_string(properties, backend),
            client_request_token=str(uuid4()),
            kms_key_id=properties.get("KmsKeyId"),
            description=properties.get("Description"),
        )
        secret.tags = properties.get("Tags", [])
        self.generation = generation
        return self

    @classmethod
    def delete(cls, backend: SecretsManagerBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        """CloudFormation deletes without a recovery window."""
        backend.delete_secret(physical_resource_id, recovery_window_in_days=None, force_delete_without_recovery=True)


def _secret_string(properties: Properties, backend: SecretsManagerBackend) -> str | None:
    if "SecretString" in properties:
        return properties["SecretString"]
    generation = properties.get("GenerateSecretString")
    if generation is None:
        return None
    password = _password(generation, backend)
    if "SecretStringTemplate" not in generation:
        return password
    return json.dumps(json.loads(generation["SecretStringTemplate"]) | {generation["GenerateStringKey"]: password})


def _password(generation: dict[str, Any], backend: SecretsManagerBackend) -> str:
    def is_set(name: str, default: bool = False) -> bool:
        return as_boolean(generation.get(name, default))

    answer = backend.get_random_password(
        password_length=int(generation.get("PasswordLength", DEFAULT_PASSWORD_LENGTH)),
        exclude_characters=generation.get("ExcludeCharacters", ""),
        exclude_numbers=is_set("ExcludeNumbers"),
        exclude_punctuation=is_set("ExcludePunctuation"),
        exclude_uppercase=is_set("ExcludeUppercase"),
        exclude_lowercase=is_set("ExcludeLowercase"),
        include_space=is_set("IncludeSpace"),
        require_each_included_type=is_set("RequireEachIncludedType", default=True),
    )
    return json.loads(answer)["RandomPassword"]
