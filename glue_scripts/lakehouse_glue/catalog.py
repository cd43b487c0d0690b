"""Access to the Glue catalog and to Secrets Manager, as the functions that the jobs are given."""

from botocore.client import BaseClient

from lakehouse_glue.errors import BadInputError


def secret_text(secrets_manager: BaseClient, name: str) -> str:
    try:
        return secrets_manager.get_secret_value(SecretId=name)["SecretString"]
    except secrets_manager.exceptions.ResourceNotFoundException:
        raise BadInputError(f"Secrets Manager has no secret {name}: deploy the template.") from None
