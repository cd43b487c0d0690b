"""Why a rule or a run ends without a finding."""


class EvaluationError(Exception):
    """Why a run fails."""


class RuleError(Exception):
    """A rule that cannot be evaluated."""


class MissingColumnError(Exception):
    """A column that the table does not have: the rule fails."""


class EvaluationStoppedError(Exception):
    """The run was cancelled or took too long."""
