"""What became of a rule."""

from dataclasses import dataclass, field

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
        return cls(PASS, None, metrics) if is_met else cls(FAIL, message, metrics)


def unmet(value: object) -> str:
    """AWS's wording, as in the "Null behavior" of its rule types' pages."""
    return f"Value: {value} does not meet the constraint requirement!"


def no_rows(column: str) -> Outcome:
    """Of a column without any value, for which no metric can be computed."""
    return Outcome(FAIL, f"The metric of column {column} cannot be computed: there are no values to compute it of.")
