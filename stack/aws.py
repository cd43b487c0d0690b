"""The local AWS endpoint: its process, and clients of it."""

import sys
from typing import Any

import boto3
import httpx

from stack.settings import REGION, StackSettings
from stack.supervision import Program
from stack.waiting import ask


def program(settings: StackSettings, warehouse_dsn: str) -> Program:
    """`warehouse_dsn` names the server that plays Redshift, with the right to create databases."""
    host, port = settings.aws_listener
    environment = {
        "LAKEHOUSE_AWS_HOST": host,
        "LAKEHOUSE_AWS_PORT": str(port),
        "LAKEHOUSE_AWS_DATA_DIRECTORY": str(settings.home / "aws"),
        "LAKEHOUSE_AWS_WAREHOUSE_DSN": warehouse_dsn,
        "GX_ANALYTICS_ENABLED": "false",
    }
    return Program("aws", [sys.executable, "-m", "local_aws"], environment)


def client(service: str, settings: StackSettings) -> Any:
    return boto3.client(
        service,
        endpoint_url=settings.aws_url,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - the endpoint takes any
    )


def is_ready(settings: StackSettings) -> bool:
    try:
        return ask(f"{settings.aws_url}/_lakehouse/health").is_success
    except httpx.TransportError:
        return False
