"""Why a rule or a run ends without a finding."""


class EvaluationError(Exception):
    """Why a run fails."""


class RuleError(Exception):
    """A rule that cannot be evaluated."""


class UnfitColumnError(Exception):
    """A column that the table does not have, or that is of another type than the rule takes: the rule fails."""


class EvaluationStoppedError(Exception):
    """The run was cancelled or took too long."""
