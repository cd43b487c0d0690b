"""The producer as a whole: feed, buffer, stream, counts, and an end in order."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError

from producers.trades import heartbeat
from producers.trades.buffer import TradeBuffer
from producers.trades.counts import Counts
from producers.trades.feed import Feed
from producers.trades.finnhub_token import read_token
from producers.trades.logs import SampledLog, log
from producers.trades.messages import read_message
from producers.trades.settings import Settings
from producers.trades.writer import StreamWriter

# One attempt per call: what fails is tried again here, where it is counted and held.
_AWS = AioConfig(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class Clients:
    """Of AWS, asynchronous; each is open as long as `open_clients` is."""

    kinesis: Any
    cloudwatch: Any
    secrets_manager: Any


@asynccontextmanager
async def open_clients() -> AsyncIterator[Clients]:
    """Clients of the account and region that the environment names, by AWS's own variables."""
    session = get_session()
    async with contextlib.AsyncExitStack() as opened:
        services = ("kinesis", "cloudwatch", "secretsmanager")
        clients = [
            await opened.enter_async_context(session.create_client(service, config=_AWS)) for service in services
        ]
        yield Clients(*clients)


class Producer:
    """One run, from the first connection to the last put."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        self.counts = Counts()
        self.buffer = TradeBuffer(settings.most_buffered_trades)
        self._settings = settings
        self._clients = clients
        self._symbols = frozenset(settings.symbols)
        self._log = SampledLog()
        self._ending = asyncio.Event()
        self._feed = Feed(settings.feed_url, settings.symbols, settings.silence_seconds, self._read_token, self.counts)
        self._writer = StreamWriter(clients.kinesis, settings.stream, self.buffer, self.counts, settings.linger_seconds)

    async def run(self) -> bool:
        """Produce until `stop`; whether everything that was taken has arrived in the stream.

        Raises the error of a part that failed, after the others have ended and the buffer was flushed.
        """
        log("started", stream=self._settings.stream, symbols=len(self._symbols), feed=self._settings.feed_url)
        listening, writing = asyncio.create_task(self._feed.run(self.handle)), asyncio.create_task(self._writer.run())
        publishing, beating = asyncio.create_task(self._publish()), asyncio.create_task(self._beat())
        await asyncio.wait([listening, writing, publishing, beating], return_when=asyncio.FIRST_COMPLETED)
        self._writer.end()
        self._ending.set()
        for task in (listening, beating):
            task.cancel()
        results = await asyncio.gather(listening, writing, beating, return_exceptions=True)
        left = await self._writer.flush(self._settings.flush_seconds)
        self.counts.add("Dropped", left)
        results += await asyncio.gather(publishing, return_exceptions=True)
        await self._publish_once()
        log("ended", logging.ERROR if left else logging.INFO, not_put=left, **self.counts.summary())
        if errors := [result for result in results if isinstance(result, Exception)]:
            raise errors[0]
        return left == 0

    async def stop(self) -> None:
        log("stopping")
        await self._feed.stop()

    def handle(self, payload: str | bytes) -> bool:
        """Take a message's trades into the buffer; count and keep what is refused. Whether it was one of the feed's."""
        message = read_message(payload, self._symbols, received_at_ms=time.time_ns() // 1_000_000)
        self.counts.add("Messages")
        self.counts.add("Received", len(message.trades) + len(message.refused))
        for refusal in message.refused:
            self.counts.refuse(refusal.reason, is_message=False)
            self._log.keep_refused(refusal.reason, refusal.sample)
        if message.unreadable:
            self.counts.refuse(message.unreadable.reason, is_message=True)
            self._log.keep_refused(message.unreadable.reason, message.unreadable.sample)
        dropped = sum(not self.buffer.add(trade) for trade in message.trades)
        if dropped:
            self.counts.add("Dropped", dropped)
            self._log.log("dropped", "dropped", trades=dropped, buffered=len(self.buffer))
        return message.unreadable is None

    async def _read_token(self) -> str:
        return await read_token(self._clients.secrets_manager, self._settings.secret_id)

    async def _publish(self) -> None:
        """Until the end, uncancelled: what CloudWatch has counted without an answer would be counted once more."""
        while not self._ending.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), self._settings.metrics_seconds)
                return
            await self._publish_once()

    async def _publish_once(self) -> None:
        oldest = self.buffer.oldest_received_at_ms
        behind = max(0.0, time.time() - oldest / 1000) if oldest else 0.0
        try:
            await self.counts.publish(self._clients.cloudwatch, len(self.buffer), behind)
        except (BotoCoreError, ClientError, OSError, TimeoutError) as error:
            self._log.log("metrics not put", "metrics", error=str(error))

    async def _beat(self) -> None:
        """Touch a file for whoever checks that the process does its work."""
        while True:
            if self._settings.heartbeat_file:
                self._settings.heartbeat_file.touch()
            await asyncio.sleep(heartbeat.INTERVAL_SECONDS)
