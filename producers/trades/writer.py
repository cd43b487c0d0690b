"""The way to the stream: records in batches, those that failed again."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from producers.trades.backoff import Backoff
from producers.trades.buffer import Batch, TradeBuffer
from producers.trades.counts import Counts
from producers.trades.logs import SampledLog

_FIRST_DELAY_SECONDS, _LONGEST_DELAY_SECONDS = 0.1, 5


class StreamWriter:
    """Puts what is in the buffer, one request at a time, until all of it has arrived.

    A request whose answer was lost is put again: each trade tells its identity, so readers find it as the same.
    """

    def __init__(self, kinesis: Any, stream: str, buffer: TradeBuffer, counts: Counts, linger_seconds: float) -> None:
        self._kinesis = kinesis
        self._stream = stream
        self._buffer = buffer
        self._counts = counts
        self._linger_seconds = linger_seconds
        self._backoffs: dict[str, Backoff] = {}
        self._log = SampledLog()
        self._ending = asyncio.Event()

    async def run(self) -> None:
        """Put what comes, a request per linger time, until `end`; a request that is under way is not broken off."""
        while not self._ending.is_set():
            began = time.monotonic()
            await self.put_next()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, self._linger_seconds - (time.monotonic() - began))):
                    await self._ending.wait()

    def end(self) -> None:
        self._ending.set()

    async def flush(self, seconds: float) -> int:
        """Put what is left in the time that there is; the number of trades that were not."""
        deadline = time.monotonic() + seconds
        while len(self._buffer) and time.monotonic() < deadline:
            if not await self.put_next():
                await asyncio.sleep(self._linger_seconds / 4)
        return len(self._buffer)

    async def put_next(self) -> bool:
        """Whether a request was made."""
        batches = self._buffer.take()
        if not batches:
            return False
        records = [{"PartitionKey": batch.symbol, "Data": batch.record} for batch in batches]
        try:
            answer = await self._kinesis.put_records(StreamName=self._stream, Records=records)
            outcomes = [record.get("ErrorCode") for record in answer["Records"]]
        except ClientError as error:
            outcomes = [error.response["Error"]["Code"]] * len(batches)
        except (BotoCoreError, OSError, TimeoutError) as error:
            outcomes = [type(error).__name__] * len(batches)
        self._settle(batches, outcomes)
        return True

    def _settle(self, batches: list[Batch], outcomes: list[str | None]) -> None:
        failed: Counter[str] = Counter()
        for batch, error in zip(batches, outcomes, strict=True):
            if error is None:
                self._buffer.remove(batch)
                self._backoffs.pop(batch.symbol, None)
                self._counts.add("Put", batch.trades)
            else:
                failed[error] += 1
                backoff = self._backoffs.setdefault(batch.symbol, Backoff(_FIRST_DELAY_SECONDS, _LONGEST_DELAY_SECONDS))
                self._buffer.hold(batch.symbol, backoff.next_delay())
                self._counts.add("Retried", batch.trades)
        if failed:
            self._log.log("put failed", "put", records=failed.total(), of=len(batches), errors=dict(failed))
