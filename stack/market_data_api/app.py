"""The server's paths: those of Twelve Data, one for its health, and `/_admin/…`, which makes it misbehave."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stack.market_data_api.answers import ApiError
from stack.market_data_api.credits import Credits, OutOfCreditsError
from stack.market_data_api.market import FAULTS, Fault, Market

# Errors of these codes have them as HTTP status, too; others come with status 200.
_HTTP_STATUSES = {401, 404, 414, 429, 500}
_NO_KEY = (
    "**apikey** parameter is incorrect or not specified. You can get your free API key instantly following this link: "
    "https://twelvedata.com/pricing. If you believe that everything is correct, you can contact us at "
    "https://twelvedata.com/contact/customer"
)
_TIMEOUT_SECONDS = 60


def create_app(market: Market) -> Starlette:
    """The application of one market; it takes no request without the market's key, but for its health."""

    def answer(respond: Callable[[dict[str, str]], str]) -> Callable:
        async def endpoint(request: Request) -> Response:
            parameters = {name.lower(): value for name, value in request.query_params.items()}
            try:
                _check_key(request, parameters, market.key)
                fault = market.next_fault(parameters.get("symbol", ""))
                if fault and fault.name in _REFUSALS:
                    return _refuse(market, fault)
                body = await asyncio.to_thread(respond, parameters)
            except OutOfCreditsError as error:
                return _error(market, ApiError(429, str(error)))
            except ApiError as error:
                return _error(market, error)
            return await _spoil(_json(market, body), fault)

        return endpoint

    async def health(_request: Request) -> Response:
        body = market.instruments["ALAN"].name
        return JSONResponse({"status": "healthy", "instrument": body})

    async def administer(request: Request) -> Response:
        try:
            _check_key(request, dict(request.query_params), market.key)
            _ADMINISTRATION[request.path_params["what"]](market, await request.json())
        except ApiError as error:
            return _error(market, error)
        except (KeyError, TypeError, ValueError) as error:
            return _error(market, ApiError(400, f"{request.url.path} does not take this: {error!r}"))
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/time_series", answer(market.time_series)),
            Route("/stocks", answer(lambda parameters: json.dumps(market.stocks(parameters)))),
            Route("/api_usage", answer(lambda _parameters: json.dumps(market.api_usage()))),
            Route("/_lakehouse/health", health),
            Route("/_admin/{what}", administer, methods=["POST"]),
        ]
    )


def _check_key(request: Request, parameters: dict[str, str], key: str) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if key not in {parameters.get("apikey"), given if scheme.lower() == "apikey" else None}:
        raise ApiError(401, _NO_KEY)


def _json(market: Market, body: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    now = market.clock.now()
    market.credits.turn(now)
    date = {"Date": format_datetime(now, usegmt=True)}
    return Response(body, status, market.credits.headers | date | (headers or {}), "application/json")


def _error(market: Market, error: ApiError, headers: dict[str, str] | None = None) -> Response:
    return _json(market, error.text, error.code if error.code in _HTTP_STATUSES else 200, headers)


_REFUSALS = {
    "minute_limit": ApiError(429, "You have run out of API credits for the current minute."),
    "day_limit": ApiError(429, "You have run out of API credits for the day."),
    "server_error": ApiError(500, "Internal server error"),
}


def _refuse(market: Market, fault: Fault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return _error(market, _REFUSALS[fault.name], headers)


async def _spoil(response: Response, fault: Fault | None) -> Response:
    """What becomes of a good answer: it is late, ends in the middle, or is a page of a proxy."""
    if fault is None:
        return response
    if fault.name == "timeout":
        await asyncio.sleep(fault.seconds or _TIMEOUT_SECONDS)
    elif fault.name == "half_answer":
        # The length is that of the whole: a client sees that the connection ends before its time.
        response.body = response.body[: len(response.body) // 2]
    elif fault.name == "no_json":
        return Response("<html>Bad gateway</html>", media_type="text/html")
    elif fault.name == "other_json":
        return JSONResponse([])
    return response


def _set_clock(market: Market, content: dict) -> None:
    moment = datetime.fromisoformat(content["now"]).astimezone(UTC)
    market.clock.set(moment, is_frozen=content.get("is_frozen", False))


def _set_subscription(market: Market, content: dict) -> None:
    market.credits = Credits(content["per_minute"], content.get("per_day"))


def _add_faults(market: Market, content: dict) -> None:
    times = content.pop("times", 1)
    fault = Fault(**content)
    if fault.name not in FAULTS:
        raise ValueError(f"the faults are {', '.join(FAULTS)}")
    market.faults.extend([fault] * times)


def _change_instrument(market: Market, content: dict) -> None:
    split = content.get("split")
    market.change(content["symbol"], content.get("currency"), content.get("is_listed"), split and tuple(split))


_ADMINISTRATION = {
    "clock": _set_clock,
    "subscription": _set_subscription,
    "faults": _add_faults,
    "instruments": _change_instrument,
}
