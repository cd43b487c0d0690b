"""The credentials that were issued for roles. They outlive the endpoint's process, as AWS's do."""

import base64
import re
import secrets
import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache

from moto.iam.models import Role
from moto.iam.utils import generate_access_key_id_from_account_id

from local_aws.access.errors import ExpiredTokenError, InvalidTokenError
from local_aws.access.principals import RoleSession
from local_aws.databases import Database
from local_aws.settings import ACCOUNT_ID, endpoint_settings

SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    access_key_id TEXT PRIMARY KEY, secret_access_key TEXT, session_token TEXT, expires_at REAL,
    role_arn TEXT, role_id TEXT, session_name TEXT, policy TEXT, issued_at REAL
) WITHOUT ROWID
"""
FIND = "SELECT * FROM sessions WHERE access_key_id = ?"
ADD = "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
# An expired key is still told from an unknown one for some days.
FORGET = "DELETE FROM sessions WHERE expires_at < ?"
REMEMBERED_SECONDS = 3 * 86400
KNOWN_SESSIONS = 4096
KEY_LENGTH = 20
# AWS STS API reference, AssumeRole: RoleSessionName.
SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials and whom they are for; `expires_at` is in seconds of the epoch."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: float
    session: RoleSession

    @property
    def expiration(self) -> datetime:
        return datetime.fromtimestamp(int(self.expires_at), UTC)


def issue(role: Role, session_name: str, seconds: int, policy: str | None = None) -> Credentials:
    """New credentials of a session of the role, on disk before they are given out."""
    issued_at = time.time()
    credentials = Credentials(
        generate_access_key_id_from_account_id(ACCOUNT_ID, "ASIA", KEY_LENGTH),
        base64.b64encode(secrets.token_bytes(30)).decode(),
        base64.b64encode(secrets.token_bytes(192)).decode(),
        issued_at + seconds,
        RoleSession(role.arn, role.id, session_name, policy, issued_at),
    )
    session = credentials.session
    row = (
        credentials.access_key_id,
        credentials.secret_access_key,
        credentials.session_token,
        credentials.expires_at,
        session.role_arn,
        session.role_id,
        session.session_name,
        session.policy,
        session.issued_at,
    )

    def add(connection: sqlite3.Connection) -> None:
        connection.execute(FORGET, [issued_at - REMEMBERED_SECONDS])
        connection.execute(ADD, row)

    _database().change(add)
    return credentials


def is_issued_here(access_key_id: str) -> bool:
    """Whether the key is one of this account's temporary ones, as a key tells its account."""
    return access_key_id.startswith(_key_beginning()) and len(access_key_id) == KEY_LENGTH


def session_of(access_key_id: str, session_token: str | None) -> RoleSession:
    """The session of a key that was issued here.

    Raises ExpiredTokenError; InvalidTokenError of a key that is not known and where the token is another one.
    """
    try:
        credentials = _issued(access_key_id)
    except KeyError:
        raise InvalidTokenError from None
    if not secrets.compare_digest(credentials.session_token, session_token or ""):
        raise InvalidTokenError
    if credentials.expires_at <= time.time():
        raise ExpiredTokenError
    return credentials.session


@cache
def _key_beginning() -> str:
    """What all temporary keys of the account begin with; the character after it tells whether its number is odd."""
    return generate_access_key_id_from_account_id(ACCOUNT_ID, "ASIA", KEY_LENGTH)[:12]


@lru_cache(maxsize=KNOWN_SESSIONS)
def _issued(access_key_id: str) -> Credentials:
    """Raises KeyError, so that a key that is unknown so far is looked for again."""
    row = _database().reader().execute(FIND, [access_key_id]).fetchone()
    if row is None:
        raise KeyError(access_key_id)
    return Credentials(*row[:4], RoleSession(*row[4:]))


@cache
def _database() -> Database:
    return Database(endpoint_settings().state_directory / "sessions.sqlite", SCHEMA)
