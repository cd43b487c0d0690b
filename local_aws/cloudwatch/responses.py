"""The CloudWatch API: parameters in, answers in the shapes of AWS out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from local_aws.cloudwatch import dashboards, metrics
from local_aws.cloudwatch.alarms import Alarm
from local_aws.cloudwatch.datapoints import UNITS, check_namespace
from local_aws.cloudwatch.exceptions import (
    DashboardNotFoundError,
    InvalidNextToken,
    InvalidParameterCombination,
    InvalidParameterValue,
    MissingRequiredParameter,
    ValidationError,
)
from local_aws.cloudwatch.models import LocalCloudWatchBackend, cloudwatch_backends
from local_aws.cloudwatch.queries import Answers, MetricStat, Query, check_period, dimensions_of, parse_queries
from local_aws.cloudwatch.statistics import PERCENTILE, STATISTICS, check_statistic, statistic
from local_aws.cloudwatch.store import MINUTE, SECONDS_PER_DAY, Point, Series, metric_store

MAX_STATISTICS = 1440
MAX_DATAPOINTS = 100_800
METRICS_PER_PAGE = 500
MAX_ALARMS = 100
LISTED_SECONDS = 14 * SECONDS_PER_DAY
RECENTLY_ACTIVE_SECONDS = 3 * 3600


class LocalCloudWatchResponse(BaseResponse):
    def __init__(self) -> None:
        super().__init__(service_name="cloudwatch")
        self.automated_parameter_parsing = True

    @property
    def backend(self) -> LocalCloudWatchBackend:
        return cloudwatch_backends[self.current_account][self.region]

    def _refuse(self, *names: str) -> None:
        for name in names:
            if self._get_param(name):
                raise NotImplementedError(f"The parameter {name} of {self._get_action()}")

    def _page(self, entries: Sequence[Any], size: int) -> tuple[Sequence[Any], str | None]:
        """The page that NextToken asks for, and the token of the next one; a token is the number of entries before."""
        token = self._get_param("NextToken") or "0"
        if not token.isdigit():
            raise InvalidNextToken("The token is not valid.")
        begin = int(token)
        return entries[begin : begin + size], str(begin + size) if begin + size < len(entries) else None

    def put_metric_data(self) -> ActionResult:
        self._refuse("EntityMetricData", "StrictEntityValidation")
        check_namespace(self._get_param("Namespace"))
        self.backend.put_metric_data(self._get_param("Namespace"), self._get_param("MetricData", []))
        return EmptyResult()

    def list_metrics(self) -> ActionResult:
        self._refuse("IncludeLinkedAccounts", "OwningAccount")
        metrics.flush()
        active = RECENTLY_ACTIVE_SECONDS if self._get_param("RecentlyActive") else LISTED_SECONDS
        since = int(datetime.now(UTC).timestamp()) - active
        known = metric_store().series(self.current_account, self.region, since)
        page, token = self._page([series for series in known if self._is_asked_for(series)], METRICS_PER_PAGE)
        answers = [
            {"Namespace": series.namespace, "MetricName": series.name, "Dimensions": _entries(series.dimensions)}
            for series in page
        ]
        return ActionResult({"Metrics": answers, "NextToken": token})

    def _is_asked_for(self, series: Series) -> bool:
        filters = [(entry["Name"], entry.get("Value")) for entry in self._get_param("Dimensions") or []]
        return (
            self._get_param("Namespace") in (None, series.namespace)
            and self._get_param("MetricName") in (None, series.name)
            and all(any(name == n and value in (None, v) for n, v in series.dimensions) for name, value in filters)
        )

    def get_metric_statistics(self) -> ActionResult:
        statistics = self._get_param("Statistics") or []
        extended = self._get_param("ExtendedStatistics") or []
        if not statistics and not extended:
            raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
        for name in statistics:
            if name not in STATISTICS:
                raise InvalidParameterValue(f"The value {name} for parameter Statistics is not supported.")
        for name in extended:
            check_statistic(name)
            if not PERCENTILE.fullmatch(name):
                raise InvalidParameterValue(f"The value {name} for parameter ExtendedStatistics is not supported.")
        period = int(self._get_param("Period") or 0)
        check_period(period)
        start, end = self._window(period)
        if (end - start) / period > MAX_STATISTICS:
            raise InvalidParameterCombination(
                f"You have requested up to {(end - start) // period} datapoints, which exceeds the limit of"
                f" {MAX_STATISTICS}. You may reduce the datapoints requested by increasing Period, or decreasing the"
                " time range."
            )
        unit = self._get_param("Unit")
        if unit is not None and unit not in UNITS:
            raise InvalidParameterValue(f"The value {unit} for parameter Unit is not supported.")
        metric = MetricStat(
            self._get_param("Namespace"),
            self._get_param("MetricName"),
            dimensions_of(self._get_param("Dimensions")),
            period,
            STATISTICS[0],
            unit,
        )
        metrics.flush()
        found = metric.read(self.current_account, self.region, start, end)
        datapoints = [
            _datapoint(at, unit, [point for point in points if point.unit == unit], statistics, extended)
            for at, points in found.items()
            for unit in sorted({point.unit for point in points})
        ]
        return ActionResult({"Label": metric.name, "Datapoints": datapoints})

    def _window(self, period: int) -> tuple[int, int]:
        """Start and end in seconds; the start is rounded down as the age of the data demands (API reference)."""
        start, end = self._get_param("StartTime"), self._get_param("EndTime")
        if start is None or end is None:
            raise MissingRequiredParameter("The parameters StartTime and EndTime are required.")
        first, last = _seconds(start), _seconds(end)
        if first >= last:
            raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
        age = datetime.now(UTC).timestamp() - first
        grain = 300 if age > 15 * SECONDS_PER_DAY else MINUTE
        grain = 3600 if age > 63 * SECONDS_PER_DAY else grain
        if period < MINUTE:
            grain = period
        return first - first % grain, last

    def get_metric_data(self) -> ActionResult:
        self._refuse("LabelOptions", "NextToken")
        queries = parse_queries(self._get_param("MetricDataQueries") or [])
        if not queries:
            raise MissingRequiredParameter("The parameter MetricDataQueries is required.")
        shortest = min([query.metric_stat.period for query in queries if query.metric_stat], default=MINUTE)
        start, end = self._window(shortest)
        answers = Answers(queries, self.current_account, self.region, start, end)
        is_ascending = self._get_param("ScanBy") == "TimestampAscending"
        results = [
            _result(query, series, is_ascending)
            for query in queries
            if query.returns_data
            for series in answers.all_series(query.query_id)
        ]
        most = int(self._get_param("MaxDatapoints") or MAX_DATAPOINTS)
        if sum(len(result["Values"]) for result in results) > most:
            raise NotImplementedError(f"An answer of more than {most} data points: ask for fewer, or longer periods;")
        return ActionResult({"MetricDataResults": results, "Messages": []})

    def put_metric_alarm(self) -> ActionResult:
        self.backend.put_metric_alarm(**self._get_params())
        return EmptyResult()

    def describe_alarms(self) -> ActionResult:
        self._refuse("ChildrenOfAlarmName", "ParentsOfAlarmName")
        names, prefix = self._get_param("AlarmNames"), self._get_param("AlarmNamePrefix")
        if names and prefix:
            raise ValidationError("AlarmNames and AlarmNamePrefix are mutually exclusive.")
        wanted = self._get_param("StateValue")
        action = self._get_param("ActionPrefix")
        alarms = [
            alarm
            for alarm in sorted(self.backend.alarms.values(), key=lambda alarm: alarm.name)
            if (not names or alarm.name in names)
            and alarm.name.startswith(prefix or "")
            and wanted in (None, alarm.state.value)
            and (not action or any(one.startswith(action) for one in alarm.actions("ALARM")))
        ]
        if "MetricAlarm" not in (self._get_param("AlarmTypes") or ["MetricAlarm"]):
            alarms = []
        page, token = self._page(alarms, int(self._get_param("MaxRecords") or MAX_ALARMS))
        return ActionResult({"MetricAlarms": list(map(_alarm, page)), "CompositeAlarms": [], "NextToken": token})

    def describe_alarms_for_metric(self) -> ActionResult:
        dimensions = dimensions_of(self._get_param("Dimensions"))
        same: list[tuple[str, Callable[[MetricStat], Any]]] = [
            ("Statistic", lambda stat: stat.stat),
            ("ExtendedStatistic", lambda stat: stat.stat),
            ("Period", lambda stat: stat.period),
            ("Unit", lambda stat: stat.unit),
        ]
        alarms = [
            alarm
            for alarm in self.backend.alarms.values()
            for stat in alarm.metric_stats
            if (stat.namespace, stat.name) == (self._get_param("Namespace"), self._get_param("MetricName"))
            and stat.dimensions == dimensions
            and all(self._get_param(name) in (None, value(stat)) for name, value in same)
        ]
        return ActionResult({"MetricAlarms": list(map(_alarm, alarms))})

    def describe_alarm_history(self) -> ActionResult:
        self._refuse("AlarmContributorId")
        name, kind = self._get_param("AlarmName"), self._get_param("HistoryItemType")
        start, end = self._get_param("StartDate"), self._get_param("EndDate")
        items = [
            item
            for item in self.backend.history.values()
            if name in (None, item.alarm_name)
            and kind in (None, item.kind)
            and (start is None or _seconds(start) <= item.at.timestamp())
            and (end is None or item.at.timestamp() <= _seconds(end))
        ]
        if self._get_param("ScanBy") != "TimestampAscending":
            items.reverse()
        page, token = self._page(items, int(self._get_param("MaxRecords") or MAX_ALARMS))
        return ActionResult({"AlarmHistoryItems": [item.answer() for item in page], "NextToken": token})

    def delete_alarms(self) -> ActionResult:
        self.backend.delete_alarms(self._get_param("AlarmNames") or [])
        return EmptyResult()

    def enable_alarm_actions(self) -> ActionResult:
        self.backend.enable_alarm_actions(self._get_param("AlarmNames") or [])
        return EmptyResult()

    def disable_alarm_actions(self) -> ActionResult:
        self.backend.disable_alarm_actions(self._get_param("AlarmNames") or [])
        return EmptyResult()

    def set_alarm_state(self) -> ActionResult:
        self.backend.set_alarm_state(
            self._get_param("AlarmName"),
            self._get_param("StateReason"),
            self._get_param("StateReasonData"),
            self._get_param("StateValue"),
        )
        return EmptyResult()

    def put_dashboard(self) -> ActionResult:
        name, body = self._get_param("DashboardName"), self._get_param("DashboardBody")
        self.backend.put_dashboard(name, body)
        return ActionResult({"DashboardValidationMessages": dashboards.check_body(name, body)})

    def get_dashboard(self) -> ActionResult:
        name = self._get_param("DashboardName")
        dashboard = self.backend.get_dashboard(name)
        if dashboard is None:
            raise DashboardNotFoundError(f"Dashboard {name} does not exist")
        answer = {"DashboardArn": dashboard.arn, "DashboardName": dashboard.name, "DashboardBody": dashboard.body}
        return ActionResult(answer)

    def list_dashboards(self) -> ActionResult:
        prefix = self._get_param("DashboardNamePrefix") or ""
        entries = [
            {
                "DashboardName": dashboard.name,
                "DashboardArn": dashboard.arn,
                "LastModified": dashboard.last_modified,
                "Size": dashboard.size,
            }
            for dashboard in self.backend.list_dashboards(prefix)
        ]
        return ActionResult({"DashboardEntries": entries})

    def delete_dashboards(self) -> ActionResult:
        self.backend.delete_dashboards(self._get_param("DashboardNames") or [])
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        tags = self.backend.list_tags_for_resource(self._get_param("ResourceARN"))
        return ActionResult({"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]})

    def tag_resource(self) -> ActionResult:
        tags = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags") or []}
        self.backend.tag_resource(self._get_param("ResourceARN"), tags)
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        self.backend.untag_resource(self._get_param("ResourceARN"), self._get_param("TagKeys") or [])
        return EmptyResult()


def _seconds(moment: datetime) -> int:
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())


def _moment(seconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _entries(dimensions: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions]


def _datapoint(
    at: int, unit: str, points: list[Point], statistics: list[str], extended: list[str]
) -> Mapping[str, Any]:
    found = {name: statistic(name, points) for name in extended}
    answer = {"Timestamp": _moment(at), "Unit": unit} | {name: statistic(name, points) for name in statistics}
    if extended:
        answer["ExtendedStatistics"] = {name: value for name, value in found.items() if value is not None}
    return answer


def _result(query: Query, series: Mapping[int, float], is_ascending: bool) -> dict[str, Any]:
    times = sorted(series, reverse=not is_ascending)
    default = query.metric_stat.name if query.metric_stat else query.query_id
    return {
        "Id": query.query_id,
        "Label": query.label or default,
        "Timestamps": [_moment(at) for at in times],
        "Values": [series[at] for at in times],
        "StatusCode": "Complete",
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    answer = {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured_at,
        "ActionsEnabled": alarm.actions_enabled,
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "StateValue": alarm.state.value,
        "StateReason": alarm.state.reason,
        "StateReasonData": alarm.state.data,
        "StateUpdatedTimestamp": alarm.state.updated_at,
        "StateTransitionedTimestamp": alarm.transitioned_at,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "Threshold": alarm.threshold,
        "ComparisonOperator": alarm.comparison,
        "TreatMissingData": alarm.treat_missing_data,
    } | dict(alarm.definition)
    if alarm.queries:
        answer["Metrics"] = [dict(query.definition) for query in alarm.queries]
    else:
        answer.setdefault("Dimensions", [])
    return {name: value for name, value in answer.items() if value is not None}
