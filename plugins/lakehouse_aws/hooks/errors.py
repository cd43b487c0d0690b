"""What goes wrong in the lake, told in a sentence."""

from airflow.sdk.exceptions import AirflowException


class LakeError(AirflowException):
    """The lake does not hold what a task needs; the message says what is missing and where."""
