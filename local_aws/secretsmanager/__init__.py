"""Secrets Manager: moto's secrets, which their functions rotate."""


def install() -> None:
    from moto.secretsmanager.models import secretsmanager_backends

    from local_aws.secretsmanager.models import LocalSecretsManagerBackend
    from local_aws.secretsmanager.schedule import start

    secretsmanager_backends.backend = LocalSecretsManagerBackend
    start()
