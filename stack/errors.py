"""The one kind of error that a person can mend."""


class StackError(Exception):
    """One sentence for the user: what went wrong, where, and what to do."""
