"""What goes wrong between the API and a task."""

from airflow.sdk.exceptions import AirflowException, AirflowFailException


class MarketDataError(AirflowFailException):
    """The API or the connection to it refuses all that is asked for: a retry would be refused, too."""


class DailyLimitError(AirflowFailException):
    """The credits of the day are used up: the API answers again on the next day (UTC)."""


class NoAnswerError(AirflowException):
    """The API did not answer as it should, for longer than the hook goes on trying."""


class TemporaryError(Exception):
    """One request failed and may succeed when it is repeated, after `wait_seconds` where the API told how long."""

    def __init__(self, message: str, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds
