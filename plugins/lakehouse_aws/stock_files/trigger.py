"""Waits for files that the arrivals pipeline can do something about."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.triggers.base import BaseTrigger, TriggerEvent
from typing_extensions import override

from lakehouse_aws.stock_files.work import PREFIXES, Patience, find_work


class StockFilesTrigger(BaseTrigger):
    """Fires with `{"key": …}` of a file that waits.

    The provider's S3KeyTrigger fires for every object of a pattern and has a worker judge it, each time anew.

    :param poll_interval: seconds between two looks
    """

    def __init__(
        self,
        *,
        bucket: str,
        settle_seconds: float,
        stray_seconds: float,
        poll_interval: float,
        aws_conn_id: str | None = "aws_default",
        region_name: str | None = None,
        verify: bool | str | None = None,
        botocore_config: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.parameters: dict[str, Any] = {
            "bucket": bucket,
            "settle_seconds": settle_seconds,
            "stray_seconds": stray_seconds,
            "poll_interval": poll_interval,
            "aws_conn_id": aws_conn_id,
            "region_name": region_name,
            "verify": verify,
            "botocore_config": botocore_config,
        }

    @override
    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{type(self).__module__}.{type(self).__qualname__}", self.parameters

    @override
    async def run(self) -> AsyncIterator[TriggerEvent]:
        patience = Patience(self.parameters["settle_seconds"], self.parameters["stray_seconds"])
        hook = S3Hook(
            aws_conn_id=self.parameters["aws_conn_id"],
            region_name=self.parameters["region_name"],
            verify=self.parameters["verify"],
            config=self.parameters["botocore_config"],
        )
        async with await hook.get_async_conn() as client:
            paginator = client.get_paginator("list_objects_v2")
            while True:
                items: list[dict[str, Any]] = []
                for prefix in PREFIXES:
                    async for page in paginator.paginate(Bucket=self.parameters["bucket"], Prefix=prefix):
                        items += page.get("Contents", [])
                if key := find_work(items, patience, datetime.now(UTC)):
                    yield TriggerEvent({"key": key})
                    return
                await asyncio.sleep(self.parameters["poll_interval"])
