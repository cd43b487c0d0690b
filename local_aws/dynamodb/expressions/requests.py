"""The expressions of one request, with the names and values that it gives for their placeholders."""

from typing import Any

from local_aws.dynamodb.exceptions import ValidationException
from local_aws.dynamodb.expressions.conditions import Node
from local_aws.dynamodb.expressions.paths import Path, overlapping
from local_aws.dynamodb.expressions.syntax import parse
from local_aws.dynamodb.expressions.updates import Clause, paths_of
from local_aws.dynamodb.values import Value, normalized

EXPRESSION_PARAMETERS = ("ExpressionAttributeNames", "ExpressionAttributeValues")


class RequestExpressions:
    """To be finished, which refuses placeholders that no expression uses, as AWS does."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.parameters = parameters
        for name in EXPRESSION_PARAMETERS:
            if parameters.get(name) == {}:
                raise ValidationException(f"{name} must not be empty")
        self.names = tuple((parameters.get("ExpressionAttributeNames") or {}).items())
        given = parameters.get("ExpressionAttributeValues") or {}
        self.values: dict[str, Value] = {name: normalized(value) for name, value in given.items()}
        self._used_names: set[str] = set()
        self._used_values: set[str] = set()

    def _parsed(self, kind: str) -> Any:
        text = self.parameters.get(kind)
        if text is None:
            return None
        expression = parse(kind, text, self.names)
        for name in expression.values:
            if name not in self.values:
                raise ValidationException(
                    f"Invalid {kind}: An expression attribute value used in expression is not defined; attribute value:"
                    f" {name}"
                )
        self._used_names |= expression.names
        self._used_values |= expression.values
        return expression.content

    def attributes(self, kind: str) -> frozenset[str]:
        """The attributes that an expression of the request is about."""
        return parse(kind, self.parameters[kind], self.names).attributes

    def condition(self, kind: str = "ConditionExpression") -> Node | None:
        """The condition of a parameter, if the request has it."""
        return self._parsed(kind)

    def projection(self) -> tuple[Path, ...] | None:
        paths = self._parsed("ProjectionExpression")
        _refuse_overlaps("ProjectionExpression", paths or ())
        return paths

    def update(self) -> tuple[Clause, ...]:
        clauses: tuple[Clause, ...] = self._parsed("UpdateExpression") or ()
        _refuse_overlaps("UpdateExpression", tuple(paths_of(clauses)))
        return clauses

    def finish(self) -> None:
        """Raises ValidationException for names and values that no expression uses."""
        for kind, given, used in (
            ("ExpressionAttributeNames", dict(self.names), self._used_names),
            ("ExpressionAttributeValues", self.values, self._used_values),
        ):
            if unused := sorted(given.keys() - used):
                raise ValidationException(
                    f"Value provided in {kind} unused in expressions: keys: {{{', '.join(unused)}}}"
                )


def _refuse_overlaps(kind: str, paths: tuple[Path, ...]) -> None:
    if overlap := overlapping(paths):
        one, other = overlap
        raise ValidationException(
            f"Invalid {kind}: Two document paths overlap with each other; must remove or rewrite one of these paths;"
            f" path one: {one}, path two: {other}"
        )
