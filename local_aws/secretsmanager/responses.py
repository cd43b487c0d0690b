"""The Secrets Manager API: moto's, over the local backend."""

from moto.secretsmanager.responses import SecretsManagerResponse


class LocalSecretsManagerResponse(SecretsManagerResponse):
    """What moto's does not know is refused by its name."""
