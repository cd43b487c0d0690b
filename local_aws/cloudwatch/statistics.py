"""What is computed of the data points of a period."""

import re
from collections.abc import Sequence

from local_aws.cloudwatch.exceptions import ValidationError
from local_aws.cloudwatch.store import Point

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
PERCENTILE = re.compile(r"p(100|\d{1,2}(?:\.\d{1,10})?)", re.IGNORECASE)
# CloudWatch user guide, CloudWatch statistics definitions.
OTHER_STATISTIC = re.compile(r"(?:tm|wm|tc|ts|pr)(?:\d.*|\(.*\))|iqm", re.IGNORECASE)


def check_statistic(name: str) -> None:
    """Raises ValidationError, or NotImplementedError for one of AWS's that is not computed here."""
    if name in STATISTICS or PERCENTILE.fullmatch(name):
        return
    if OTHER_STATISTIC.fullmatch(name):
        raise NotImplementedError(f"The statistic {name}")
    raise ValidationError(f"The value {name} for parameter Stat is not supported.")


def statistic(name: str, points: Sequence[Point]) -> float | None:
    """The statistic of all points; None where there are none, or where percentiles would need single values.

    CloudWatch has no percentiles of statistic sets, unless all values of a set are equal.
    """
    if not points:
        return None
    count = sum(point.sample_count for point in points)
    total = sum(point.total for point in points)
    match name:
        case "SampleCount":
            return count
        case "Sum":
            return total
        case "Average":
            return total / count if count else None
        case "Minimum":
            return min(point.minimum for point in points)
        case "Maximum":
            return max(point.maximum for point in points)
    return _percentile(float(name[1:]) / 100, points, count)


def _percentile(share: float, points: Sequence[Point], count: float) -> float | None:
    """The smallest value that at least this share of the values does not exceed."""
    if any(point.minimum != point.maximum for point in points):
        return None
    reached = 0.0
    ordered = sorted(points, key=lambda point: point.minimum)
    for point in ordered:
        reached += point.sample_count
        if reached >= share * count:
            return point.minimum
    return ordered[-1].minimum
