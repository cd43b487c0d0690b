"""What became of a rule."""

from dataclasses import dataclass, field
from math import isfinite

PASS = "PASS"  # noqa: S105  a result
FAIL = "FAIL"
ERROR = "ERROR"


@dataclass(frozen=True)
class Outcome:
    """PASS, FAIL, or ERROR for a rule that could not be evaluated; the reason of these two; the values of metrics."""

    result: str
    message: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, is_met: bool, metrics: dict[str, float], message: str) -> "Outcome":
        """Metrics that JSON has no numbers for are left out."""
        finite = {name: value for name, value in metrics.items() if isfinite(value)}
        return cls(PASS, None, finite) if is_met else cls(FAIL, message, finite)


def unmet(value: object) -> str:
    """AWS's wording, as in the "Null behavior" of its rule types' pages."""
    return f"Value: {value} does not meet the constraint requirement!"


def no_rows(column: str) -> Outcome:
    """Of a column without any value, for which no metric can be computed."""
    return Outcome(FAIL, f"The metric of column {column} cannot be computed: there are no values to compute it of.")
