"""Waits for files that an arrivals pipeline can do something about."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.triggers.base import BaseTrigger, TriggerEvent
from typing_extensions import override

from lakehouse_aws.arrivals.work import Patience, find_work, prefixes_of
from lakehouse_contract.arrivals.kinds import arrivals_named


class ArrivalsTrigger(BaseTrigger):
    """Fires with `{"key": …}` of a file that waits.

    The provider's S3KeyTrigger fires for every object of a pattern and has a worker judge it, each time anew.

    :param arrivals: the name of the kind of files
    :param patience: the fields of a Patience
    :param poll_interval: seconds between two looks
    :param connection: what the hook is made with
    """

    def __init__(
        self,
        *,
        arrivals: str,
        bucket: str,
        patience: dict[str, float],
        poll_interval: float,
        connection: dict[str, Any],
    ) -> None:
        super().__init__()
        self.arrivals = arrivals_named(arrivals)
        self.bucket = bucket
        self.patience = Patience(**patience)
        self.poll_interval = poll_interval
        self.connection = connection

    @override
    def serialize(self) -> tuple[str, dict[str, Any]]:
        parameters = {
            "arrivals": self.arrivals.name,
            "bucket": self.bucket,
            "patience": asdict(self.patience),
            "poll_interval": self.poll_interval,
            "connection": self.connection,
        }
        return f"{type(self).__module__}.{type(self).__qualname__}", parameters

    @override
    async def run(self) -> AsyncIterator[TriggerEvent]:
        async with await S3Hook(**self.connection).get_async_conn() as client:
            paginator = client.get_paginator("list_objects_v2")
            while True:
                items: list[dict[str, Any]] = []
                for prefix in prefixes_of(self.arrivals):
                    async for page in paginator.paginate(Bucket=self.bucket, Prefix=prefix):
                        items += page.get("Contents", [])
                if key := find_work(self.arrivals, items, self.patience, datetime.now(UTC)):
                    yield TriggerEvent({"key": key})
                    return
                await asyncio.sleep(self.poll_interval)
