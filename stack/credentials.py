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
    market_data_key: str
    trade_feed_token: str


def load_credentials(home: Path) -> Credentials:
    """The credentials of this home; what it has none of is generated. Only the owner may read the file."""
    path = home / "credentials.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    known = asdict(_generate()) | kept
    if known != kept:
        write_private(path, json.dumps(known))
    return Credentials(**known)


def _generate() -> Credentials:
    return Credentials(
        postgres_password=secrets.token_hex(24),
        airflow_fernet_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        airflow_jwt_secret=secrets.token_hex(32),
        airflow_api_secret_key=secrets.token_hex(32),
        market_data_key=secrets.token_hex(16),
        trade_feed_token=secrets.token_hex(16),
    )
