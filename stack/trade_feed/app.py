"""The feed's paths: Finnhub's websocket at the root, one for its health, and `/_admin/…`, which makes it misbehave."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from stack.trade_feed.feed import Feed
from stack.trade_feed.listener import Listener, WebSocketProtocol

_LONGEST_REQUEST_BYTES = 65_536
_INVALID = '{"msg":"Invalid message","type":"error"}'


def create_app(feed: Feed) -> Starlette:
    """The application of one feed; nothing but its health is to be had without the feed's token."""

    @asynccontextmanager
    async def playing(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(feed.play())
        yield
        task.cancel()

    app = Starlette(
        routes=[
            WebSocketRoute("/", _listen),
            Route("/_lakehouse/health", _health),
            Route("/_admin/counts", _counts),
            Route("/_admin/{what}", _administer, methods=["POST"]),
        ],
        lifespan=playing,
    )
    app.state.feed = feed
    return app


def server_options(feed: Feed) -> dict[str, Any]:
    """How uvicorn serves a feed; at its level `info` it would log the addresses of connections, and so the token."""
    return {
        "app": create_app(feed),
        "ws": WebSocketProtocol,
        "ws_max_size": _LONGEST_REQUEST_BYTES,
        "ws_per_message_deflate": False,
        "access_log": False,
        "log_level": "warning",
        "date_header": False,
    }


async def _listen(websocket: WebSocket) -> None:
    feed: Feed = websocket.app.state.feed
    if websocket.query_params.get("token") != feed.token:
        return await Listener.refuse(websocket, 401, "Invalid API key")
    if feed.refusals:
        feed.refusals -= 1
        return await Listener.refuse(websocket, 429, "Too many connections")
    await websocket.accept()
    listener = Listener(websocket)
    if before := feed.take_over(listener):
        before.hang_up()
    try:
        # A connection that was lost or hung up on ends here, too; KeyError: its message was no text.
        with suppress(WebSocketDisconnect, KeyError):
            while True:
                await _subscribe(listener, await websocket.receive_text())
    finally:
        feed.leave(listener)


async def _subscribe(listener: Listener, text: str) -> None:
    """What Finnhub understands: subscriptions to trades and their end; a symbol without trades is taken, too."""
    try:
        message = json.loads(text)
        kind, symbol = message["type"], str(message["symbol"])
    except (KeyError, TypeError, ValueError):
        await listener.send(_INVALID)
        return
    if kind == "subscribe":
        listener.symbols.add(symbol)
    elif kind == "unsubscribe":
        listener.symbols.discard(symbol)
    else:
        await listener.send(_INVALID)


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "healthy", "symbols": len(request.app.state.feed.tape.symbols)})


async def _counts(request: Request) -> Response:
    feed: Feed = request.app.state.feed
    return JSONResponse(feed.report()) if _has_token(request) else _refusal(401, "Invalid API key")


async def _administer(request: Request) -> Response:
    if not _has_token(request):
        return _refusal(401, "Invalid API key")
    try:
        _ADMINISTRATION[request.path_params["what"]](request.app.state.feed, await request.json())
    except (KeyError, TypeError, ValueError) as error:
        return _refusal(400, f"{request.url.path} does not take this: {error}")
    return JSONResponse({"status": "ok"})


def _has_token(request: Request) -> bool:
    return request.headers.get("X-Finnhub-Token") == request.app.state.feed.token


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"status": "error", "message": message}, status)


def _set_rate(feed: Feed, content: dict[str, Any]) -> None:
    rate = float(content["per_second"])
    if not 0 <= rate <= 1_000_000:
        raise ValueError("per_second is a number from 0 to 1,000,000")
    feed.rate = rate


def _add_faults(feed: Feed, content: dict[str, Any]) -> None:
    feed.add_faults(**content)


_ADMINISTRATION = {"rate": _set_rate, "faults": _add_faults}
