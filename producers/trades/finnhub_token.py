"""The token of Finnhub, from Secrets Manager."""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError


class TokenError(Exception):
    """The token cannot be had; the message says why, and names the secret."""


async def read_token(secrets_manager: Any, secret_id: str) -> str:
    """The value `token` of a secret that is a JSON object. Raises TokenError."""
    try:
        answer = await secrets_manager.get_secret_value(SecretId=secret_id)
    except (BotoCoreError, ClientError) as error:
        raise TokenError(f"The secret {secret_id} cannot be read: {error}") from None
    try:
        token = json.loads(answer["SecretString"])["token"]
    except (KeyError, TypeError, ValueError):
        token = None
    if not isinstance(token, str) or not token:
        raise TokenError(f'The secret {secret_id} has no token: put {{"token": "…"}} there with the key of Finnhub.')
    return token
