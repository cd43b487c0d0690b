"""The roles that the stack's processes act under, with credentials as ECS and Amazon MWAA give them to containers."""

import os

from stack.settings import REGION, StackSettings


def environment_of_role(settings: StackSettings, role: str, session: str, service: str) -> dict[str, str]:
    """What a program needs to call the endpoint as a session of the role, which has to trust the service.

    The SDKs take the credentials from the address and renew them. Files of the user's, which would come first, are
    left out.
    """
    address = f"{settings.credentials_url}/_lakehouse/credentials/{role}/{session}?service={service}"
    return {
        "AWS_ENDPOINT_URL": settings.aws_url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": address,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def without_credentials(environment: dict[str, str]) -> dict[str, str]:
    """An environment without what it says of AWS: the user's account is none of the stack's."""
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}
