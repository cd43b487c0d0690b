"""A client of the feed: its subscriptions, and its connection down to the transport, where faults are made."""

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

_MOST_UNSENT_BYTES = 4_000_000


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which hands its transport to the application."""

    async def run_asgi(self) -> None:
        self.scope["extensions"]["transport"] = self.transport
        await super().run_asgi()

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        # A refused handshake is complete, too; uvicorn 0.44 logs an error of the application otherwise.
        self.handshake_complete = self.handshake_complete or self.close_sent


class Listener:
    """One websocket and the symbols that it has subscribed to."""

    def __init__(self, websocket: WebSocket) -> None:
        self.symbols: set[str] = set()
        self._websocket = websocket
        self._transport: asyncio.Transport = websocket.scope["extensions"]["transport"]

    @staticmethod
    async def refuse(websocket: WebSocket, status: int, text: str) -> None:
        """Answer the handshake by an HTTP status. Starlette's responses would double the headers that uvicorn sets."""
        await websocket.send({"type": "websocket.http.response.start", "status": status, "headers": []})
        await websocket.send({"type": "websocket.http.response.body", "body": text.encode()})

    @property
    def is_ready(self) -> bool:
        """Whether it reads what it gets."""
        return self._transport.get_write_buffer_size() < _MOST_UNSENT_BYTES

    async def send(self, payload: str | bytes) -> bool:
        """Whether the message is on its way: everything before a close or a hang-up arrives."""
        is_open = self._websocket.client_state is WebSocketState.CONNECTED and not self._transport.is_closing()
        if not is_open:
            return False
        try:
            if isinstance(payload, str):
                await self._websocket.send_text(payload)
            else:
                await self._websocket.send_bytes(payload)
        except (WebSocketDisconnect, RuntimeError):
            return False
        return True

    def hang_up(self) -> None:
        """End the connection without a word, after what was sent."""
        self._transport.close()

    def hang_up_within(self, text: str) -> None:
        """End it in the middle of a message."""
        frame = Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
        self._transport.write(frame[: len(frame) // 2])
        self._transport.close()

    def reset(self) -> None:
        """End it at once; what is under way is lost."""
        self._transport.abort()
