"""Plans which prices to ask for."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException
from botocore.exceptions import ClientError
from typing_extensions import override

from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.publication import PublicationHook
from lakehouse_aws.lake import LakeHook
from lakehouse_aws.market_data.hook import Subscription, TwelveDataHook
from lakehouse_aws.market_data.planning import (
    MOST_SYMBOLS,
    PriceRequest,
    StoredPrices,
    first_day,
    in_batches,
    plan_requests,
)
from lakehouse_aws.market_data.stored_prices import StoredPricesHook
from lakehouse_aws.market_data.trading_calendar import last_settled_day, trading_days
from lakehouse_aws.market_data.watchlist import COLUMNS, read_watchlist
from lakehouse_contract.datasets import MARKET_DATA
from lakehouse_contract.market_data import WATCHLIST_KEY, WatchedSymbol, ingest_name, stored_symbol
from lakehouse_contract.s3_errors import GONE, error_code

# Of the ingest that a plan is for: its name, its day, the watchlist and the trading days.
INGEST = "ingest"
# The closes that an answer is compared with are of the days that it corrects: CORRECTION_DAYS of trading are fewer.
CLOSES_OF = timedelta(days=40)


class PlanPricesOperator(AwsBaseOperator[LakeHook]):
    """Compare the watchlist and the trading days with the published prices; returns the batches of requests to make.

    The XCom INGEST describes the ingest. A publication that was given up between two tables is completed first. Skipped
    when no symbol is active. Fails without a retry for a watchlist that cannot be used, for a `whole_history` that it
    does not have, and for a key that the API refuses.

    :param lake_bucket: the bucket that has the watchlist
    :param database: the Glue database of the prices
    :param connection_id: the Airflow connection of the API
    :param whole_history: symbols, separated by commas, that are asked for as if nothing were stored of them
    """

    aws_hook_class = LakeHook
    template_fields: Sequence[str] = aws_template_fields("lake_bucket", "database", "whole_history", "run_id")

    def __init__(
        self,
        *,
        lake_bucket: str,
        database: str,
        connection_id: str = TwelveDataHook.default_conn_name,
        whole_history: str = "",
        run_id: str = "{{ run_id }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.lake_bucket = lake_bucket
        self.database = database
        self.connection_id = connection_id
        self.whole_history = whole_history
        self.run_id = run_id

    @override
    def execute(self, context: Context) -> list[dict[str, Any]]:
        watchlist = self._watchlist()
        active = [row for row in watchlist if row.is_active]
        if not active:
            raise AirflowSkipException(f"No symbol of s3://{self.lake_bucket}/{WATCHLIST_KEY} is active.")
        whole_history = self._whole_history(active)
        self._complete_broken_publication()
        subscription = TwelveDataHook(self.connection_id).subscription()
        stored = self._stored(active)
        first = min(first_day(row, stored.get(row.symbol)) for row in active)
        days = trading_days(first, last_settled_day(subscription.now))
        most_symbols = min(subscription.per_minute, MOST_SYMBOLS)
        requests = plan_requests(watchlist, stored, days, most_symbols, whole_history)
        self._log(requests, subscription)
        ingest = self._describe(watchlist, days, most_symbols)
        context["ti"].xcom_push(INGEST, ingest)
        return [
            {"batch": number, "requests": [asdict(request) for request in part]}
            for number, part in enumerate(in_batches(requests, subscription.per_minute))
        ]

    def _complete_broken_publication(self) -> None:
        hook = PublicationHook(aws_conn_id=self.aws_conn_id, bucket=self.lake_bucket, database=self.database)
        try:
            hook.complete_broken_publication(MARKET_DATA.tables)
        except LakeError as error:
            self.log.warning("A publication was given up between two tables, and what it rejected is lost: %s", error)

    def _watchlist(self) -> list[WatchedSymbol]:
        name = f"s3://{self.lake_bucket}/{WATCHLIST_KEY}"
        try:
            text = self.hook.read_key(WATCHLIST_KEY, self.lake_bucket)
        except ClientError as error:
            if error_code(error) not in GONE:
                raise
            raise LakeError(
                f"There is no watchlist {name}: put a CSV file there, with the columns {', '.join(COLUMNS)}."
            ) from None
        except UnicodeDecodeError:
            raise LakeError(f"{name} is no text in UTF-8: save it as CSV in UTF-8.") from None
        return read_watchlist(text, name)

    def _whole_history(self, active: list[WatchedSymbol]) -> list[str]:
        symbols = [symbol for symbol in self.whole_history.split(",") if symbol]
        if unknown := sorted(set(symbols) - {row.symbol for row in active}):
            raise LakeError(
                f"The parameter whole_history names {', '.join(unknown)}: write active symbols of the watchlist as it "
                "does."
            )
        return symbols

    def _stored(self, active: list[WatchedSymbol]) -> dict[str, StoredPrices]:
        """By symbol, as the watchlist writes it."""
        hook = StoredPricesHook(aws_conn_id=self.aws_conn_id, database=self.database)
        found = hook.stored_prices({stored_symbol(row.symbol) for row in active}, CLOSES_OF)
        return {row.symbol: found[key] for row in active if (key := stored_symbol(row.symbol)) in found}

    def _describe(self, watchlist: list[WatchedSymbol], days: list[date], most_symbols: int) -> dict[str, Any]:
        planned_at = datetime.now(UTC)
        return {
            "name": ingest_name(self.run_id, planned_at.isoformat()),
            "planned_on": planned_at.date().isoformat(),
            "watchlist": [asdict(row) for row in watchlist],
            "trading_days": [day.isoformat() for day in days],
            "most_symbols": most_symbols,
        }

    def _log(self, requests: list[PriceRequest], subscription: Subscription) -> None:
        needed = sum(len(request.symbols) for request in requests)
        self.log.info(
            "%s requests for %s symbols, with %s credits a minute.", len(requests), needed, subscription.per_minute
        )
        if subscription.left_today is not None and needed > subscription.left_today:
            self.log.warning(
                "%s credits are needed and %s are left today: the next run asks for the rest.",
                needed,
                subscription.left_today,
            )
