"""The secrets of the databases, in the format that RDS keeps in Secrets Manager."""

import json
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError
from pymongo.uri_parser import parse_uri

SOURCE_DATABASE = "financial"
WAREHOUSE_DATABASE = "warehouse"
FEED_SECRET_ID = "lakehouse/finnhub"  # noqa: S105 - a name


def put_database_secrets(secrets_manager: Any, postgres_dsn: str, mongo_uri: str) -> None:
    """Create or update lakehouse/rds and lakehouse/docdb; Redshift is asked by its Data API, which needs none."""
    _put(secrets_manager, "lakehouse/rds", postgres_secret(postgres_dsn, "postgres", SOURCE_DATABASE))
    _put(secrets_manager, "lakehouse/docdb", mongo_secret(mongo_uri))


def put_feed_token(secrets_manager: Any, token: str) -> None:
    """Create or update lakehouse/finnhub, as the producer of trades reads it."""
    _put(secrets_manager, FEED_SECRET_ID, {"token": token})


def postgres_secret(dsn: str, engine: str, database: str) -> dict[str, str | int]:
    address = urlsplit(dsn)
    return {
        "engine": engine,
        "host": address.hostname or "localhost",
        "port": address.port or 5432,
        "username": unquote(address.username or ""),
        "password": unquote(address.password or ""),
        "dbname": database,
    }


def mongo_secret(uri: str) -> dict[str, str | int]:
    """A server without authentication has an empty user name and password."""
    address = parse_uri(uri)
    host, port = address["nodelist"][0]
    return {
        "engine": "mongo",
        "host": host,
        "port": port,
        "username": address["username"] or "",
        "password": address["password"] or "",
        "dbname": SOURCE_DATABASE,
    }


def _put(secrets_manager: Any, name: str, secret: dict[str, str | int]) -> None:
    value = json.dumps(secret)
    try:
        if secrets_manager.get_secret_value(SecretId=name)["SecretString"] != value:
            secrets_manager.put_secret_value(SecretId=name, SecretString=value)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        secrets_manager.create_secret(Name=name, SecretString=value)
