"""What goes wrong in the lake, told in a sentence."""

from airflow.sdk.exceptions import AirflowFailException


class LakeError(AirflowFailException):
    """The lake does not hold what a task needs; the message says what is missing and where.

    S3 and Glue show what was written at once, so a retry would find the same: the task fails without one.
    """
