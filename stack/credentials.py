"""Passwords and keys of one stack, generated at its first start and kept in its home."""

import base64
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from stack.files import write_private


@dataclass(frozen=True, repr=False)
class Credentials:
    postgres_password: str
    airflow_fernet_key: str
    airflow_jwt_secret: str
    airflow_api_secret_key: str


def load_credentials(home: Path) -> Credentials:
    """The credentials of this home; generated if it has none. Only the owner may read the file."""
    path = home / "credentials.json"
    if not path.exists():
        write_private(path, json.dumps(asdict(_generate())))
    return Credentials(**json.loads(path.read_text()))


def _generate() -> Credentials:
    return Credentials(
        postgres_password=secrets.token_hex(24),
        airflow_fernet_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        airflow_jwt_secret=secrets.token_hex(32),
        airflow_api_secret_key=secrets.token_hex(32),
    )
