"""Why a job run fails before its script starts."""


class JobError(Exception):
    """The message becomes the run's ErrorMessage."""
