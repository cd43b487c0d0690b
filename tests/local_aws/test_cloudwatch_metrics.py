"""Metrics of CloudWatch: what is put is kept, and computed when it is asked for."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from local_aws.cloudwatch.store import MINUTE, SECONDS_PER_DAY, MetricStore, Point, Series
from tests.local_aws.refusals import error_code

NAMESPACE = "Metrics"


@pytest.fixture(scope="module")
def cloudwatch(aws):
    return aws("cloudwatch")


def put(cloudwatch, name: str, *entries: dict) -> None:
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[{"MetricName": name, **entry} for entry in entries])


def statistics(cloudwatch, name: str, period: int = 60, **question) -> list[dict]:
    now = datetime.now(UTC)
    window = {"StartTime": now - timedelta(minutes=30), "EndTime": now + timedelta(minutes=1), "Period": period}
    if "ExtendedStatistics" not in question:
        question.setdefault("Statistics", ["Sum", "Average", "Minimum", "Maximum", "SampleCount"])
    answer = cloudwatch.get_metric_statistics(Namespace=NAMESPACE, MetricName=name, **window | question)
    return sorted(answer["Datapoints"], key=lambda datapoint: datapoint["Timestamp"])


def metric_data(cloudwatch, *queries: dict, **question) -> dict[str, list[float]]:
    now = datetime.now(UTC)
    start = (now - timedelta(minutes=10)).replace(second=0, microsecond=0)
    question = {"StartTime": start, "EndTime": now, "ScanBy": "TimestampAscending"} | question
    results = cloudwatch.get_metric_data(MetricDataQueries=list(queries), **question)["MetricDataResults"]
    return {result["Id"]: result["Values"] for result in results}


def query(name: str, stat: str = "Sum", **others) -> dict:
    metric = {"Namespace": NAMESPACE, "MetricName": name}
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, **others}


def test_statistics_of_values_arrays_and_statistic_sets(cloudwatch):
    put(
        cloudwatch,
        "mixed",
        {"Value": 1.5},
        {"Values": [2.0, 4.0], "Counts": [3, 1]},
        {"StatisticValues": {"SampleCount": 2, "Sum": 10, "Minimum": -1, "Maximum": 11}},
    )
    (found,) = statistics(cloudwatch, "mixed", period=3600)
    assert (found["Sum"], found["SampleCount"]) == (1.5 + 3 * 2 + 4 + 10, 1 + 3 + 1 + 2)
    assert (found["Minimum"], found["Maximum"]) == (-1, 11)
    assert found["Average"] == pytest.approx(21.5 / 7)


def test_percentiles_are_of_single_values(cloudwatch):
    put(cloudwatch, "latency", {"Values": [float(number) for number in range(1, 101)]})
    (found,) = statistics(cloudwatch, "latency", period=3600, ExtendedStatistics=["p50", "p99.5", "p100"])
    assert found["ExtendedStatistics"] == {"p50": 50, "p99.5": 100, "p100": 100}
    put(cloudwatch, "latency", {"StatisticValues": {"SampleCount": 2, "Sum": 5, "Minimum": 1, "Maximum": 4}})
    (found,) = statistics(cloudwatch, "latency", period=3600, ExtendedStatistics=["p50"])
    assert found.get("ExtendedStatistics", {}) == {}


def test_other_dimensions_are_another_metric(cloudwatch):
    put(cloudwatch, "rows", {"Value": 1}, {"Value": 2, "Dimensions": [{"Name": "Dataset", "Value": "sales"}]})
    dimensions = [{"Name": "Dataset", "Value": "sales"}]
    assert [found["Sum"] for found in statistics(cloudwatch, "rows")] == [1]
    assert [found["Sum"] for found in statistics(cloudwatch, "rows", Dimensions=dimensions)] == [2]
    listed = cloudwatch.list_metrics(Namespace=NAMESPACE, MetricName="rows", Dimensions=[{"Name": "Dataset"}])
    assert [metric["Dimensions"] for metric in listed["Metrics"]] == [dimensions]


def test_units_are_told_apart(cloudwatch):
    put(cloudwatch, "size", {"Value": 1, "Unit": "Bytes"}, {"Value": 2, "Unit": "Count"})
    assert {found["Unit"]: found["Sum"] for found in statistics(cloudwatch, "size")} == {"Bytes": 1, "Count": 2}
    assert [found["Sum"] for found in statistics(cloudwatch, "size", Unit="Count")] == [2]


def test_periods_add_up_minutes(cloudwatch):
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    for minutes_ago in (1, 2, 7):
        put(cloudwatch, "by_minute", {"Value": 10, "Timestamp": minute - timedelta(minutes=minutes_ago)})
    window = {"StartTime": minute - timedelta(minutes=10), "EndTime": minute}
    assert [found["Sum"] for found in statistics(cloudwatch, "by_minute", **window)] == [10, 10, 10]
    found = statistics(cloudwatch, "by_minute", period=300, **window)
    assert [(one["Timestamp"], one["Sum"]) for one in found] == [
        (minute - timedelta(minutes=10), 10),
        (minute - timedelta(minutes=5), 20),
    ]


def test_metric_math(cloudwatch):
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    for minutes_ago, sound, bad in ((3, 8, 2), (2, 5, None), (1, 0, 4)):
        at = minute - timedelta(minutes=minutes_ago)
        put(cloudwatch, "sound", {"Value": sound, "Timestamp": at})
        if bad is not None:
            put(cloudwatch, "bad", {"Value": bad, "Timestamp": at})
    hidden = [query("sound", ReturnData=False), query("bad", ReturnData=False)]
    window = {"StartTime": minute - timedelta(minutes=3), "EndTime": minute}

    def computed(expression: str) -> list[float]:
        return metric_data(cloudwatch, *hidden, {"Id": "e", "Expression": expression}, **window)["e"]

    assert computed("100 * bad / (sound + bad)") == [20, 100]
    assert computed("100 * (1 - FILL(bad, 0) / (sound + FILL(bad, 0)))") == pytest.approx([80, 100, 0])
    assert computed("bad / sound") == [0.25]
    assert computed("SUM(METRICS())") == [10, 5, 4]
    assert computed("MAX([sound, bad])") == [8, 5, 4]
    assert computed("IF(sound > 1 AND sound < 8, sound, -1)") == [-1, 5, -1]
    assert computed("SUM(sound) - 2 ^ 3") == [5, 5, 5]
    assert computed("DIFF(sound)") == [-3, -5]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("ANOMALY_DETECTION_BAND(sound)", "NotImplemented"),
        ("SEARCH('{Lakehouse}', 'Sum', 60)", "NotImplemented"),
        ("SELECT MAX(x) FROM y", "NotImplemented"),
        ("sound +", "ValidationError"),
        ("nobody + 1", "ValidationError"),
    ],
)
def test_expressions_that_are_not_computed_are_refused(cloudwatch, expression, code):
    with pytest.raises(Exception, match=code):
        metric_data(cloudwatch, query("sound"), {"Id": "e", "Expression": expression})


@pytest.mark.parametrize(
    "entry",
    [
        {"Value": 1, "Values": [1.0]},
        {"Values": [1.0, 2.0], "Counts": [1.0]},
        {"Value": 1e120},
        {"Value": float("nan")},
        {"Value": 1, "Unit": "Furlongs"},
        {"Value": 1, "Timestamp": datetime.now(UTC) - timedelta(days=15)},
        {"Value": 1, "Timestamp": datetime.now(UTC) + timedelta(hours=3)},
        {"StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 2, "Maximum": 1}},
        {"Values": [float(number) for number in range(151)]},
        {"Value": 1, "StorageResolution": 5},
        {},
    ],
)
def test_of_a_request_with_a_wrong_entry_nothing_is_kept(cloudwatch, entry):
    entries = [{"MetricName": "refused", "Value": 1}, {"MetricName": "refused", **entry}]
    assert error_code(cloudwatch.put_metric_data, Namespace=NAMESPACE, MetricData=entries)
    assert statistics(cloudwatch, "refused") == []


def test_namespaces_of_aws_are_its_own(cloudwatch):
    entries = [{"MetricName": "Errors", "Value": 1}]
    code = error_code(cloudwatch.put_metric_data, Namespace="AWS/Lambda", MetricData=entries)
    assert code == "InvalidParameterValue"


def test_acknowledged_data_points_outlive_a_killed_endpoint(own_endpoint):
    cloudwatch = own_endpoint.client("cloudwatch")
    put(cloudwatch, "kept", {"Value": 7})
    own_endpoint.kill()
    own_endpoint.start()
    assert [found["Sum"] for found in statistics(cloudwatch, "kept")] == [7]


@pytest.fixture
def store(tmp_path):
    return MetricStore(tmp_path / "metrics.sqlite")


SERIES = Series("123456789012", "us-east-1", NAMESPACE, "aged")


def test_a_data_point_more_costs_the_same_after_a_hundred_thousand(store):
    now = int(time.time())
    points = [(SERIES, Point(now - index * MINUTE, "None", index, index, index, 1)) for index in range(100_000)]

    def seconds(point: tuple) -> float:
        begin = time.perf_counter()
        store.put([point])
        return time.perf_counter() - begin

    before = min(seconds(points[0]) for _ in range(5))
    store.put(points)
    assert min(seconds(points[0]) for _ in range(5)) < 10 * before + 0.01


def test_old_data_points_go_into_longer_periods_and_the_oldest_go(store):
    """After 15 days periods are five minutes, after 63 days hours, and after 455 days nothing is left."""
    now = 20_000 * SECONDS_PER_DAY
    for minute in range(120):
        store.put([(SERIES, Point(now + minute * MINUTE, "Count", 1, 1, 1, 1))])

    def sums(days_later: int, period: int) -> list[float]:
        store.age(now + days_later * SECONDS_PER_DAY)
        return [point.total for point in store.read(SERIES, now, now + 7200, period)]

    assert sums(14, MINUTE) == [1] * 120
    assert sums(16, MINUTE) == [5] * 24
    assert sums(64, MINUTE) == [60, 60]
    assert sums(400, 3600) == [60, 60]
    assert sums(456, 3600) == []
    assert store.series("123456789012", "us-east-1") == []
