"""Sessions of boto3 that hooks share."""

import json
import threading
from typing import TYPE_CHECKING

import boto3
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from typing_extensions import override

if TYPE_CHECKING:
    from aiobotocore.session import AioSession


class _Sessions(threading.local):
    def __init__(self) -> None:
        self.by_key: dict[str, boto3.session.Session] = {}


_sessions = _Sessions()


class SharedSessionHook(AwsBaseHook):
    """A hook whose session is that of all hooks that the thread makes with the same connection, region and config.

    A task makes several hooks, and a session of its own would find credentials and read the descriptions of the
    services anew for each. Credentials that expire are renewed by the session (boto3, "Credentials"). Threads have
    sessions of their own, as "Session reference" of boto3 demands; clients may go from thread to thread. What
    triggers use is asynchronous, and not shared.
    """

    @override
    def get_session(
        self, region_name: str | None = None, deferrable: bool = False
    ) -> "boto3.session.Session | AioSession":
        if deferrable:
            return super().get_session(region_name, deferrable=True)
        region_name = region_name or self.region_name
        connection = self.conn_config
        # Of the hook's config, the requests for a role's credentials are made. A connection may be changed meanwhile.
        key = json.dumps(
            [
                connection.conn_id,
                connection.login,
                connection.password,
                connection.extra_config,
                region_name,
                vars(self.config),
            ],
            default=repr,
            sort_keys=True,
        )
        if key not in _sessions.by_key:
            _sessions.by_key[key] = super().get_session(region_name)
        return _sessions.by_key[key]
