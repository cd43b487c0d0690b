"""Compares the minute bars that a run has touched with those of DynamoDB."""

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from typing_extensions import override

from lakehouse_aws.athena.rows import AthenaRowsHook
from lakehouse_aws.metrics import MetricsHook, metric
from lakehouse_aws.trades.bars import BarDifference, MinuteBar, TradeBarsHook
from lakehouse_aws.trades.load import TradesHook
from lakehouse_contract.datasets import TRADES

# A minute is compared when it was over for so long before the stream was read: what was traded in it has arrived then.
GRACE = timedelta(minutes=1)
# How far before the run's own records a comparison begins, so that a minute that was open in a run or two is in one.
LOOK_BACK = timedelta(minutes=15)
ONE_MINUTE = timedelta(minutes=1)
MOST_TOLD = 20
# The function that writes to DynamoDB may be behind: bars that differ are asked for again at the next try.
TRIES = 3


class CompareMinuteBarsOperator(AwsBaseOperator[TradesHook]):
    """Compare the bars of the published trades with DynamoDB's, late trades included; returns how many.

    Bars of minutes that were open when the stream was read are the next run's. Fails, naming symbols and minutes, when
    bars still differ at the third try; the trades are published all the same.

    :param query: a .sql file that gives the bars, rendered with `arrived_since`, `first_day` and `over_at`
    :param run: the run whose trades are published
    """

    aws_hook_class = TradesHook
    template_fields = aws_template_fields("run", "bucket", "database")
    template_ext = (".sql",)

    def __init__(
        self, *, query: str, run: str, bucket: str, database: str, workgroup: str, output_location: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.query = query
        self.run = run
        self.bucket = bucket
        self.database = database
        self.workgroup = workgroup
        self.output_location = output_location

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        return {**super()._hook_parameters, "bucket": self.bucket, "database": self.database}

    @override
    def execute(self, context: Context) -> dict[str, int]:
        positions = self.hook.published_positions()
        if positions is None:
            raise AirflowException("No trades are published that could be compared.")
        arrived_since = datetime.fromisoformat(self.hook.run_document(self.run)["read_since"]) - LOOK_BACK
        last_minute = positions.complete_until - GRACE - ONE_MINUTE
        bars = self._bars(arrived_since, last_minute, context)
        dynamodb = TradeBarsHook(**super()._hook_parameters)
        # A trade may be stamped a minute ahead of its arrival: those of later minutes have arrived since.
        alone = dynamodb.unknown_to_lake(bars, arrived_since + 2 * ONE_MINUTE, last_minute - ONE_MINUTE, positions)
        differences = [*dynamodb.differences(bars, positions), *alone]
        if differences and context["ti"].try_number < TRIES:
            raise AirflowException(f"{_told(differences)}. The next try asks again.")
        counts = {"ComparedBars": len(bars), "DifferentBars": len(differences)}
        metrics = [metric(name, count, Dataset=TRADES.name) for name, count in counts.items()]
        MetricsHook(**super()._hook_parameters).send(metrics)
        if differences:
            raise AirflowFailException(_told(differences))
        return {"compared": len(bars)}

    def _bars(self, arrived_since: datetime, last_minute: datetime, context: Context) -> list[MinuteBar]:
        """Of the lake: those of minutes before the last one with a trade that arrived since."""
        values = {
            **context,
            "arrived_since": _literal(arrived_since),
            "first_day": (arrived_since - timedelta(days=1)).date().isoformat(),
            "over_at": _literal(last_minute),
        }
        query = self.render_template(self.query, values)
        athena = AthenaRowsHook(**super()._hook_parameters)
        (rows,) = athena.answers([query], self.database, self.workgroup, self.output_location)
        return [MinuteBar.from_texts(row) for row in rows]


def _told(differences: list[BarDifference]) -> str:
    return f"{len(differences)} minute bars differ: {'; '.join(map(str, differences[:MOST_TOLD]))}"


def _literal(moment: datetime) -> str:
    """As a TIMESTAMP of UTC without a zone."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"
