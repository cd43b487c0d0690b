"""Twelve Data over HTTP: its limits are kept, and what fails for a moment is repeated."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode

import httpx
from airflow.sdk import BaseHook
from airflow.sdk.log import mask_secret
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from lakehouse_aws.market_data.answers import ApiError, error_of
from lakehouse_aws.market_data.errors import DailyLimitError, MarketDataError, NoAnswerError, TemporaryError

MOST_ATTEMPTS = 6
LONGEST_BACKOFF_SECONDS = 60
# A longer wait that the API asks for is left to a later run.
LONGEST_WAIT_SECONDS = 600
TIMEOUT = httpx.Timeout(60, connect=10)
SECONDS_OF_A_MINUTE = 60
UNAUTHORIZED = 401
NOT_SUCCESSFUL = 400
INTERVAL = "1day"
# A bar's time is the opening of its day: an end without a time of day leaves its own day out.
END_OF_DAY = "23:59:59"


@dataclass(frozen=True)
class Answer:
    """The body as it came, byte for byte, and what was asked when; `request` does not hold the key."""

    body: bytes
    request: str
    requested_at: datetime


@dataclass(frozen=True)
class Subscription:
    """How many credits the key has in a minute, and how many are left of the day (None without such a limit).

    `now` is the API's clock, in UTC: what it answers depends on that.
    """

    per_minute: int
    left_today: int | None
    now: datetime


@dataclass(frozen=True)
class CreditsLeft:
    """Of the present minute: how many, how many seconds it still had when the API said so, and our clock then."""

    left: int
    seconds: float
    known_at: float


class TwelveDataHook(BaseHook):
    """The market data API of Twelve Data, by an Airflow connection of the type http: its host, the key as password.

    The key goes into the header, as Twelve Data recommends (its OpenAPI document, Authentication), never into an
    address, so neither a log nor an exception has it. What a request costs and what is left of the minute is in the
    answers' headers; without enough, the hook waits for the next minute. An answer 429, a server error, a timeout and
    half an answer are repeated, after the time that the API names, or else after twice the time of before.

    `answer_seconds` has how long the API took for each attempt that it answered, in whatever way.

    :param connection_id: the Airflow connection
    """

    conn_name_attr = "connection_id"
    default_conn_name = "twelve_data"
    conn_type = "http"
    hook_name = "Twelve Data"

    def __init__(self, connection_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.connection_id = connection_id
        self._credits: CreditsLeft | None = None
        self.answer_seconds: list[float] = []

    def get_conn(self) -> httpx.Client:
        return self.client

    @cached_property
    def client(self) -> httpx.Client:
        """Raises MarketDataError for a connection without a host or a key."""
        connection = self.get_connection(self.connection_id)
        if not connection.host or not connection.password:
            raise MarketDataError(
                f"The Airflow connection {self.connection_id} has no {'key' if connection.host else 'host'}: give it "
                "the type http, the API's address as host and its key as password."
            )
        mask_secret(connection.password)
        return httpx.Client(
            base_url=_base_url(connection),
            headers={"Authorization": f"apikey {connection.password}", "Accept": "application/json"},
            timeout=TIMEOUT,
        )

    def subscription(self) -> Subscription:
        """What the key allows; costs a credit. Raises MarketDataError when the API does not tell."""
        usage = _unless_refused(self._get("/api_usage", {}, cost=1))
        per_day = usage.get("plan_daily_limit")
        try:
            return Subscription(
                per_minute=int(usage["plan_limit"]),
                left_today=None if per_day is None else max(0, int(per_day) - int(usage["daily_usage"])),
                now=datetime.fromisoformat(usage["timestamp"]).replace(tzinfo=UTC),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise MarketDataError(
                f"What answers at {self.client.base_url} does not tell the credits of a key as Twelve Data does "
                f"({error!r}): look at the host of the Airflow connection {self.connection_id}."
            ) from None

    def time_series(self, symbols: Sequence[str], start_date: str, end_date: str) -> Answer:
        """The daily bars of symbols from a day to a day, both included; costs a credit per symbol."""
        parameters = {
            "symbol": ",".join(symbols),
            "interval": INTERVAL,
            "start_date": start_date,
            "end_date": f"{end_date} {END_OF_DAY}",
            "timezone": "Exchange",
        }
        return self._get("/time_series", parameters, cost=len(symbols))

    def stocks(self, country: str) -> Answer:
        """The list of the instruments of a country's exchanges; costs a credit. Raises MarketDataError without one."""
        answer = self._get("/stocks", {"country": country}, cost=1)
        _unless_refused(answer)
        return answer

    def _get(self, path: str, parameters: Mapping[str, str], cost: int) -> Answer:
        """The answer, which may be an error about what was asked for, or have errors about some symbols.

        Raises DailyLimitError, MarketDataError when the key is refused, and NoAnswerError when it has gone wrong
        MOST_ATTEMPTS times.
        """
        request = f"{path}?{urlencode(parameters, safe=',')}".rstrip("?")
        attempts = Retrying(
            retry=retry_if_exception_type((TemporaryError, httpx.RequestError)),
            stop=stop_after_attempt(MOST_ATTEMPTS),
            wait=_wait,
            sleep=sleep,
            before_sleep=self._log_repetition,
            reraise=True,
        )
        partial: list[Answer] = []
        try:
            return attempts(self._ask, request, cost, partial)
        except (TemporaryError, httpx.RequestError, DailyLimitError, NoAnswerError) as error:
            if partial:
                return partial[-1]
            if isinstance(error, DailyLimitError | NoAnswerError):
                raise
            raise NoAnswerError(
                f"The market data API has not answered {path} at {MOST_ATTEMPTS} attempts: {_sentence(error)}"
            ) from None

    def _ask(self, request: str, cost: int, partial: list[Answer]) -> Answer:
        """One attempt. An answer in which some symbols have failed is added to `partial`: it is better than none."""
        self._wait_for_credits(cost)
        requested_at = datetime.now(UTC)
        begin = monotonic()
        response = self.client.get(request)
        self.answer_seconds.append(monotonic() - begin)
        self._note_credits(response)
        try:
            document = response.json()
        except ValueError:
            status = f"status {response.status_code}, {len(response.content)} bytes"
            raise TemporaryError(f"an answer that is no JSON ({status})") from None
        if not isinstance(document, dict):
            raise TemporaryError("an answer that is no JSON object")
        if error := _whole_error(document, response.status_code):
            self._check(error, response)
        answer = Answer(response.content, request, requested_at)
        if failed := _temporary_errors(document):
            partial.append(answer)
            raise self._temporary(failed[0], response)
        return answer

    def _check(self, error: ApiError, response: httpx.Response) -> None:
        """Raises what ends or repeats the request; an error about what was asked for is an answer."""
        if error.code == UNAUTHORIZED:
            raise MarketDataError(
                f"The market data API refuses the key of the Airflow connection {self.connection_id}: give the "
                "connection the right key as password."
            )
        if error.is_daily_limit:
            raise DailyLimitError(f"The market data API's credits of the day are used up: {error.message}")
        if error.is_temporary:
            raise self._temporary(error, response)

    def _temporary(self, error: ApiError, response: httpx.Response) -> TemporaryError:
        wait_seconds = _retry_after(response)
        if error.is_minute_limit:
            self._credits = None
            wait_seconds = _rest_of_minute(response) if wait_seconds is None else wait_seconds
        if wait_seconds is not None and wait_seconds > LONGEST_WAIT_SECONDS:
            raise NoAnswerError(
                f"The market data API asks to wait for {wait_seconds:.0f} s: {error.message} Let a later run ask."
            )
        return TemporaryError(f"{error.code}: {error.message}", wait_seconds)

    def _wait_for_credits(self, cost: int) -> None:
        known, self._credits = self._credits, None
        if known is None or known.left >= cost:
            return
        seconds = known.seconds - (monotonic() - known.known_at)
        if seconds > 0:
            self.log.info(
                "%s credits are left of this minute, %s are needed: waiting %.0f s.", known.left, cost, seconds
            )
            sleep(seconds)

    def _note_credits(self, response: httpx.Response) -> None:
        left = response.headers.get("api-credits-left", "")
        if left.isdecimal():
            self._credits = CreditsLeft(int(left), _rest_of_minute(response), monotonic())

    def _log_repetition(self, state: RetryCallState) -> None:
        self.log.warning(
            "Attempt %s of %s failed: %s. The next one comes in %.0f s.",
            state.attempt_number,
            MOST_ATTEMPTS,
            _sentence(state.outcome.exception()),
            state.next_action.sleep,
        )


_backoff = wait_exponential_jitter(initial=1, max=LONGEST_BACKOFF_SECONDS)


def _wait(state: RetryCallState) -> float:
    told = getattr(state.outcome.exception(), "wait_seconds", None)
    return _backoff(state) if told is None else told


def _whole_error(document: dict[str, Any], status: int) -> ApiError | None:
    error = error_of(document)
    if error is None and status >= NOT_SUCCESSFUL:
        return ApiError(status, "an answer without Twelve Data's description of the error")
    return error


def _temporary_errors(document: dict[str, Any]) -> list[ApiError]:
    """Those of the entries about single symbols."""
    return [error for entry in document.values() if (error := error_of(entry)) and error.is_temporary]


def _unless_refused(answer: Answer) -> dict[str, Any]:
    document = json.loads(answer.body)
    if error := error_of(document):
        raise MarketDataError(f"The market data API refuses {answer.request}: {error.message}")
    return document


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds, from a header that has a number or a date (RFC 9110, Retry-After)."""
    value = response.headers.get("Retry-After")
    if value is None:
        return None
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - _moment(response)).total_seconds())
    except ValueError:
        return None


def _rest_of_minute(response: httpx.Response) -> float:
    """Seconds until the next minute of the API's clock begins, when it counts credits anew, and one more."""
    return SECONDS_OF_A_MINUTE - _moment(response).second + 1


def _moment(response: httpx.Response) -> datetime:
    """By the API's clock: ours may be wrong."""
    try:
        return parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return datetime.now(UTC)


def _base_url(connection: Any) -> str:
    host = connection.host if "://" in connection.host else f"{connection.schema or 'https'}://{connection.host}"
    return f"{host}:{connection.port}" if connection.port else host


def _sentence(error: BaseException) -> str:
    return str(error) or type(error).__name__
