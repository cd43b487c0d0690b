"""Questions about metrics: a statistic of one metric, or an expression over the answers to others."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.cloudwatch import expressions, metrics
from local_aws.cloudwatch.exceptions import InvalidParameterValue, ValidationError
from local_aws.cloudwatch.expressions import TimeSeries
from local_aws.cloudwatch.statistics import check_statistic, statistic
from local_aws.cloudwatch.store import MINUTE, Dimensions, Point, Series, metric_store

ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
HIGH_RESOLUTION_PERIODS = (1, 5, 10, 20, 30)
# API reference, Metric and MetricDataQuery.
MAX_DIMENSIONS = 30
MAX_EXPRESSION_QUERIES = 500


@dataclass(frozen=True)
class MetricStat:
    """`period` is in seconds; without a unit, data points of every unit count."""

    namespace: str
    name: str
    dimensions: Dimensions
    period: int
    stat: str
    unit: str | None = None

    def read(self, account_id: str, region_name: str, start: int, end: int) -> dict[int, list[Point]]:
        """The points of each period that has some, by its beginning."""
        series = Series(account_id, region_name, self.namespace, self.name, self.dimensions)
        periods: dict[int, list[Point]] = {}
        for point in metric_store().read(series, start, end, self.period):
            if self.unit in (None, point.unit):
                periods.setdefault(point.at, []).append(point)
        return periods

    def time_series(self, account_id: str, region_name: str, start: int, end: int) -> TimeSeries:
        values = {
            at: statistic(self.stat, points) for at, points in self.read(account_id, region_name, start, end).items()
        }
        return {at: value for at, value in values.items() if value is not None}


@dataclass(frozen=True)
class Query:
    """Either `metric_stat` or `expression`. `definition` is the entry of the request."""

    query_id: str
    definition: Mapping[str, Any]
    metric_stat: MetricStat | None = None
    expression: str | None = None
    label: str | None = None
    returns_data: bool = True
    period: int | None = None


def dimensions_of(entries: Iterable[Mapping[str, str]] | None) -> Dimensions:
    """Raises ValidationError."""
    dimensions = tuple(sorted((entry["Name"], entry["Value"]) for entry in entries or ()))
    if len(dimensions) > MAX_DIMENSIONS or len({name for name, _ in dimensions}) < len(dimensions):
        raise ValidationError(f"A metric has at most {MAX_DIMENSIONS} dimensions, each name once.")
    if any(not name or not value for name, value in dimensions):
        raise InvalidParameterValue("The name and the value of a dimension must not be empty.")
    return dimensions


def check_period(period: int) -> None:
    if period not in HIGH_RESOLUTION_PERIODS and (period < MINUTE or period % MINUTE):
        raise InvalidParameterValue(
            f"The parameter Period must be {', '.join(map(str, HIGH_RESOLUTION_PERIODS))} or a multiple of {MINUTE}."
        )


def parse_queries(entries: list[Mapping[str, Any]]) -> list[Query]:
    """Raises ValidationError, InvalidParameterValue, and NotImplementedError for what is not computed here."""
    queries = [_query(entry) for entry in entries]
    ids = [query.query_id for query in queries]
    if len(set(ids)) < len(ids):
        raise ValidationError("The values for parameter Id in MetricDataQueries are not unique.")
    if len(queries) > MAX_EXPRESSION_QUERIES:
        raise ValidationError(
            f"The collection MetricDataQueries must not have a size greater than {MAX_EXPRESSION_QUERIES}."
        )
    for query in queries:
        unknown = expressions.references(query.expression) - set(ids) if query.expression else set()
        if unknown:
            raise ValidationError(f"Error in expression '{query.query_id}': Unresolved identifier(s) {sorted(unknown)}")
    return queries


def _query(entry: Mapping[str, Any]) -> Query:
    query_id, stat, expression = entry.get("Id", ""), entry.get("MetricStat"), entry.get("Expression")
    if not ID.fullmatch(query_id):
        raise ValidationError(
            f"The value {query_id} for parameter Id is not matching the expected pattern {ID.pattern}."
        )
    if (stat is None) == (expression is None):
        raise ValidationError(f"The query {query_id} needs either MetricStat or Expression.")
    if entry.get("AccountId"):
        raise NotImplementedError("The parameter AccountId of a metric data query")
    if expression is not None:
        if expression.lstrip().startswith("SELECT"):
            raise NotImplementedError("Metrics Insights queries")
        expressions.check_functions(expression)
    label, returns = entry.get("Label"), entry.get("ReturnData")
    return Query(
        query_id,
        entry,
        _metric_stat(stat) if stat is not None else None,
        expression,
        label,
        str(returns).lower() != "false",
        int(entry["Period"]) if entry.get("Period") else None,
    )


def _metric_stat(entry: Mapping[str, Any]) -> MetricStat:
    metric = entry["Metric"]
    check_period(int(entry["Period"]))
    check_statistic(entry["Stat"])
    return MetricStat(
        metric["Namespace"],
        metric["MetricName"],
        dimensions_of(metric.get("Dimensions")),
        int(entry["Period"]),
        entry["Stat"],
        entry.get("Unit"),
    )


class Answers:
    """The time series of queries in a window, each computed once; moments in seconds since the epoch."""

    def __init__(self, queries: list[Query], account_id: str, region_name: str, start: int, end: int) -> None:
        self.queries = {query.query_id: query for query in queries}
        self.place = account_id, region_name
        self.start, self.end = start, end
        self._found: dict[str, list[TimeSeries]] = {}
        self._under_way: list[str] = []
        metrics.flush()

    @property
    def period(self) -> int:
        """That of the expressions: the longest of the metrics in the request."""
        periods = [query.metric_stat.period for query in self.queries.values() if query.metric_stat]
        return max(periods, default=MINUTE)

    def all_series(self, query_id: str) -> list[TimeSeries]:
        """One time series, or those of an expression that results in an array."""
        if query_id in self._under_way:
            raise ValidationError(f"The expression {query_id} refers to itself.")
        if query_id not in self._found:
            self._under_way.append(query_id)
            self._found[query_id] = self._answer(self.queries[query_id])
            self._under_way.pop()
        return self._found[query_id]

    def series(self, query_id: str) -> TimeSeries:
        found = self.all_series(query_id)
        if len(found) != 1:
            raise ValidationError(f"The expression {query_id} results in {len(found)} time series, not one.")
        return found[0]

    def _answer(self, query: Query) -> list[TimeSeries]:
        if query.metric_stat:
            return [query.metric_stat.time_series(*self.place, self.start, self.end)]
        period = query.period or self.period
        times = range(self.start, self.end, period)
        return expressions.Evaluation(self.series, self._metrics, times, period).series_of(query.expression or "")

    def _metrics(self) -> dict[str, TimeSeries]:
        return {name: self.series(name) for name, query in self.queries.items() if query.metric_stat}
