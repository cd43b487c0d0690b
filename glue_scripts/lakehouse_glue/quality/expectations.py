"""Great Expectations' row-by-row expectations without the search for the values that fail.

The originals collect failing values in a Spark job each and show them in the results, where personal data must not
be. These count in the one job per table that all metrics share, and show the count.
"""

from typing import Any

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.validator.validator import ValidationDependencies

CRITICAL = FailureSeverity.CRITICAL
WARNING = FailureSeverity.WARNING


class CountsOnly(Expectation):
    """Leaves the values that do not meet a row-by-row expectation out of its metrics and result."""

    def get_validation_dependencies(self, *args: Any, **kwargs: Any) -> ValidationDependencies:
        dependencies = super().get_validation_dependencies(*args, **kwargs)
        dependencies.remove_metric_configuration(f"{self.map_metric}.unexpected_values")
        return dependencies


class ExpectValuesNotNull(CountsOnly, gxe.ExpectColumnValuesToNotBeNull):
    """Column values are not null."""


class ExpectValuesInSet(CountsOnly, gxe.ExpectColumnValuesToBeInSet):
    """Column values are in a set; nulls are passed over."""


class ExpectValuesNotInSet(CountsOnly, gxe.ExpectColumnValuesToNotBeInSet):
    """Column values are not in a set."""


class ExpectValuesBetween(CountsOnly, gxe.ExpectColumnValuesToBeBetween):
    """Column values are in a range; nulls are passed over."""


class ExpectValuesMatchRegex(CountsOnly, gxe.ExpectColumnValuesToMatchRegex):
    """Column values match a regular expression; nulls are passed over."""


class ExpectValuesNotMatchRegex(CountsOnly, gxe.ExpectColumnValuesToNotMatchRegex):
    """Column values do not match a regular expression; nulls are passed over."""


class ExpectPairInOrder(CountsOnly, gxe.ExpectColumnPairValuesAToBeGreaterThanB):
    """The value of column A is not less than that of column B."""
