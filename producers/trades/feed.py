"""The connection to Finnhub's websocket: kept up, subscribed, and given up when it is silent."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from producers.trades.backoff import Backoff
from producers.trades.counts import Counts
from producers.trades.finnhub_token import TokenError
from producers.trades.logs import log

# A message of 1 MB has about 15,000 trades. What is larger ends the connection.
MOST_MESSAGE_BYTES = 4 * 1024 * 1024
_TOO_LARGE = 1009
_FIRST_DELAY_SECONDS, _LONGEST_DELAY_SECONDS = 0.5, 30
_OPEN_SECONDS = 10
_CLOSE_SECONDS = 5
_PING_SECONDS = 20

# Takes a message, and says whether it was one of the feed's.
Handle = Callable[[str | bytes], bool]
ReadToken = Callable[[], Awaitable[str]]


class Feed:
    """One connection at a time, as a key of Finnhub has; a new one after each that ends, until `stop`.

    The token is read anew for each connection: one that was rotated is taken over.
    """

    def __init__(
        self, url: str, symbols: tuple[str, ...], silence_seconds: float, read_token: ReadToken, counts: Counts
    ) -> None:
        self._url = url
        self._symbols = symbols
        self._silence_seconds = silence_seconds
        self._read_token = read_token
        self._counts = counts
        self._stopping = asyncio.Event()
        self._connection: ClientConnection | None = None
        self._backoff = Backoff(_FIRST_DELAY_SECONDS, _LONGEST_DELAY_SECONDS)

    async def run(self, handle: Handle) -> None:
        """Hand on every message, until `stop` was called and what the feed had sent by then has come."""
        while not self._stopping.is_set():
            try:
                await self._listen(handle)
                reason = "ended"
            except (OSError, TimeoutError, TokenError, WebSocketException) as error:
                reason = _reason(error)
                self._note_loss(error)
            if self._stopping.is_set():
                break
            delay = self._backoff.next_delay()
            log("feed lost", logging.WARNING, reason=reason, next_try_seconds=round(delay, 2))
            await self._pause(delay)

    async def stop(self) -> None:
        """End the connection in order: the feed answers the close after all that it has sent."""
        self._stopping.set()
        if self._connection:
            await self._connection.close()

    async def _listen(self, handle: Handle) -> None:
        url = f"{self._url.rstrip('/')}/?token={quote(await self._read_token(), safe='')}"
        async with connect(
            url,
            max_size=MOST_MESSAGE_BYTES,
            compression=None,
            open_timeout=_OPEN_SECONDS,
            close_timeout=_CLOSE_SECONDS,
            ping_interval=_PING_SECONDS,
            ping_timeout=_PING_SECONDS,
        ) as connection:
            self._connection = connection
            try:
                await self._subscribe(connection)
                await self._hand_on(connection, handle)
            finally:
                self._connection = None

    async def _subscribe(self, connection: ClientConnection) -> None:
        for symbol in self._symbols:
            await connection.send(json.dumps({"type": "subscribe", "symbol": symbol}))
        self._counts.add("Connections")
        log("connected", symbols=len(self._symbols))

    async def _hand_on(self, connection: ClientConnection, handle: Handle) -> None:
        if self._stopping.is_set():
            await connection.close()
        while True:
            try:
                async with asyncio.timeout(self._silence_seconds):
                    payload = await connection.recv()
            except TimeoutError:
                await _hang_up(connection, handle)
                raise TimeoutError(f"nothing has come for {self._silence_seconds:g} seconds") from None
            # Not when the connection opens: a feed that takes it, reports an error and ends it is not asked in a hurry.
            if handle(payload):
                self._backoff.reset()

    def _note_loss(self, error: Exception) -> None:
        is_too_large = isinstance(error, ConnectionClosed) and error.sent and error.sent.code == _TOO_LARGE
        if is_too_large:
            self._counts.refuse("too_large", is_message=True)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


async def _hang_up(connection: ClientConnection, handle: Handle) -> None:
    """End a silent connection, and take what comes after all until it has ended."""
    closing = asyncio.create_task(connection.close())
    with suppress(ConnectionClosed):
        while True:
            handle(await connection.recv())
    await closing


def _reason(error: Exception) -> str:
    """What is wrong, without the address, which has the token."""
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        hint = ": the token is not taken, put the right one into the secret" if status in {401, 403} else ""
        return f"the feed answered with status {status}{hint}"
    if isinstance(error, ConnectionClosed):
        return f"the connection was closed: {error}"
    if isinstance(error, OSError | TokenError):
        return str(error) or type(error).__name__
    return type(error).__name__
