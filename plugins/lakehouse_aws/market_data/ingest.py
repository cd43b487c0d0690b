"""Asks the API and keeps what it answers."""

from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.market_data.answers import DAILY_LIMIT, NO_ANSWER, closes, missing_prices
from lakehouse_aws.market_data.errors import DailyLimitError, NoAnswerError
from lakehouse_aws.market_data.hook import TwelveDataHook
from lakehouse_aws.market_data.planning import PriceRequest, history_requests, rewritten_symbols
from lakehouse_aws.market_data.raw_answers import RawAnswersHook
from lakehouse_aws.metrics import MetricsHook, values_metric
from lakehouse_contract.market_data import (
    HISTORY_REWRITTEN,
    MissingPrices,
    RawAnswer,
    instruments_key,
    prices_key,
)

# So many requests in a row without an answer, and the API answers nothing.
MOST_UNANSWERED = 3


class IngestOperator(AwsBaseOperator[RawAnswersHook]):
    """What asks the API for an ingest.

    :param bucket: the bucket of raw files
    :param ingest: what the plan says of the ingest
    :param connection_id: the Airflow connection of the API
    """

    aws_hook_class = RawAnswersHook
    template_fields: Sequence[str] = aws_template_fields("bucket", "ingest")

    def __init__(
        self,
        *,
        bucket: str,
        ingest: dict[str, Any],
        connection_id: str = TwelveDataHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.ingest = ingest
        self.connection_id = connection_id

    @property
    def planned_on(self) -> date:
        return date.fromisoformat(self.ingest["planned_on"])


class IngestInstrumentsOperator(IngestOperator):
    """Keep the list of instruments of a country; returns the answers: one, or none where the list stays as it is.

    That is when the day's credits are used up, and when the API has not answered the task's last try.

    :param country: as Twelve Data names it
    """

    template_fields: Sequence[str] = aws_template_fields(*IngestOperator.template_fields, "country")

    def __init__(self, *, country: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.country = country

    @override
    def execute(self, context: Context) -> list[dict[str, Any]]:
        key = instruments_key(self.planned_on, self.ingest["name"])
        kept = self.hook.find(self.bucket, key)
        if kept is None:
            try:
                answer = TwelveDataHook(self.connection_id).stocks(self.country)
            except (DailyLimitError, NoAnswerError) as error:
                if isinstance(error, NoAnswerError) and not _is_last_try(context):
                    raise
                self.log.warning("The list of instruments stays as it is. %s", error)
                return []
            kept = self.hook.keep(self.bucket, key, answer)
        return [asdict(kept[0])]


class IngestPricesOperator(IngestOperator):
    """Make the requests of a batch, keep each answer, and return the answers, how many symbols they have, and what is
    missing.

    An answer that an earlier try has kept is not asked for again. A symbol whose history was rewritten is asked for
    once more, from its first day on. When the day's credits are used up, the rest of the batch is missing, and the task
    succeeds: what is there is kept. Fails, to be retried, when the API does not answer a request. At the last try that
    one is missing, because a symbol that never gets an answer would stop all others; and when MOST_UNANSWERED follow
    one another, so is the rest. How long the API took goes to CloudWatch as MarketDataAnswerSeconds.

    :param batch: of the plan
    """

    template_fields: Sequence[str] = aws_template_fields(*IngestOperator.template_fields, "batch")

    def __init__(self, *, batch: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batch = batch

    @override
    def execute(self, context: Context) -> dict[str, Any]:
        api = TwelveDataHook(self.connection_id)
        try:
            return self._ingest(api, context)
        finally:
            seconds = values_metric("MarketDataAnswerSeconds", api.answer_seconds, "Seconds")
            MetricsHook(aws_conn_id=self.aws_conn_id).send(seconds)

    def _ingest(self, api: TwelveDataHook, context: Context) -> dict[str, Any]:
        requests = [PriceRequest.from_document(document) for document in self.batch["requests"]]
        waiting = deque(((number,), request) for number, request in enumerate(requests))
        answers: list[RawAnswer] = []
        missing: list[MissingPrices] = []
        answered = unanswered = 0
        while waiting:
            numbers, request = waiting.popleft()
            try:
                answer, body = self._answer(api, request, numbers)
            except (DailyLimitError, NoAnswerError) as error:
                if isinstance(error, NoAnswerError) and not _is_last_try(context):
                    raise
                self.log.warning("%s", error)
                unanswered += 1
                is_over = isinstance(error, DailyLimitError) or unanswered == MOST_UNANSWERED
                left_out = [request, *(each for _, each in waiting)] if is_over else [request]
                missing += [entry for each in left_out for entry in _all_missing(each, error)]
                if is_over:
                    break
                continue
            unanswered = 0
            answers.append(answer)
            without = missing_prices(body, request.symbols, request.start_date, request.end_date)
            missing += _told(request, without)
            answered += len(request.symbols) - len(without)
            histories = enumerate(self._rewritten(request, body))
            waiting.extendleft(reversed([((*numbers, number), history) for number, history in histories]))
        self.log.info("%s answers: %s symbols with prices, %s without.", len(answers), answered, len(missing))
        return {
            "answers": [asdict(answer) for answer in answers],
            "answered_symbols": answered,
            "missing": [asdict(entry) for entry in missing],
        }

    def _answer(self, api: TwelveDataHook, request: PriceRequest, numbers: Sequence[int]) -> tuple[RawAnswer, bytes]:
        key = prices_key(self.planned_on, self.ingest["name"], self.batch["batch"], *numbers)
        if kept := self.hook.find(self.bucket, key):
            self.log.info("s3://%s/%s is there since an earlier try.", self.bucket, key)
            return kept
        return self.hook.keep(self.bucket, key, api.time_series(request.symbols, request.start_date, request.end_date))

    def _rewritten(self, request: PriceRequest, body: bytes) -> list[PriceRequest]:
        symbols = rewritten_symbols(request, closes(body, request.symbols)) if request.known_closes else []
        if not symbols:
            return []
        self.log.info("The history of %s was rewritten: asking for all of it.", ", ".join(symbols))
        days = [date.fromisoformat(day) for day in self.ingest["trading_days"]]
        return history_requests(request, symbols, days, self.ingest["most_symbols"])


def _is_last_try(context: Context) -> bool:
    return context["ti"].try_number > context["ti"].max_tries


def _all_missing(request: PriceRequest, error: DailyLimitError | NoAnswerError) -> list[MissingPrices]:
    reason = DAILY_LIMIT if isinstance(error, DailyLimitError) else NO_ANSWER
    asked = (request.start_date, request.end_date, reason, str(error))
    return _told(request, [MissingPrices(symbol, *asked) for symbol in request.symbols])


def _told(request: PriceRequest, missing: list[MissingPrices]) -> list[MissingPrices]:
    """Of a history that was rewritten, the reason why it is needed: what is there of the symbol cannot be used."""
    if not request.is_history:
        return missing
    return [
        replace(entry, reason=HISTORY_REWRITTEN, message=f"{entry.reason} {entry.message}".rstrip())
        for entry in missing
    ]
