"""The grammar of expressions (DynamoDB developer guide, Using expressions in DynamoDB)."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken, VisitError
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from local_aws.dynamodb.exceptions import ValidationException
from local_aws.dynamodb.expressions.conditions import (
    BOOLEAN_FUNCTIONS,
    Between,
    Call,
    Comparison,
    Intersection,
    Membership,
    Negation,
    Node,
    Placeholder,
    Size,
    Union,
)
from local_aws.dynamodb.expressions.paths import Path, Step
from local_aws.dynamodb.expressions.updates import VALUE_FUNCTIONS, Arithmetic, Clause, ValueCall

GRAMMAR = r"""
condition: disjunction
?disjunction: conjunction ("OR"i conjunction)*
?conjunction: negation ("AND"i negation)*
?negation: predicate | "NOT"i negation -> not_
?predicate: operand COMPARATOR operand -> comparison
    | operand "BETWEEN"i operand "AND"i operand -> between
    | operand "IN"i "(" operand ("," operand)* ")" -> membership
    | call -> boolean_call
    | "(" disjunction ")"
?operand: path | value | call -> size_call
call: NAME "(" argument ("," argument)* ")"
?argument: path | value | call -> nested_call

projection: path ("," path)*

update: clause+
clause: "SET"i assignment ("," assignment)* -> set_
    | "REMOVE"i path ("," path)* -> remove
    | "ADD"i path value ("," path value)* -> add
    | "DELETE"i path value ("," path value)* -> delete
assignment: path "=" sum
?sum: term | term "+" term -> plus | term "-" term -> minus
?term: path | value | call -> value_call | "(" sum ")"

path: _name ("." _name | "[" PLACE "]")*
_name: NAME | PLACEHOLDER_NAME
value: PLACEHOLDER_VALUE

COMPARATOR: "=" | "<>" | "<=" | "<" | ">=" | ">"
NAME: /[a-z_][a-z0-9_]*/i
PLACEHOLDER_NAME: /#[a-z0-9_]+/i
PLACEHOLDER_VALUE: /:[a-z0-9_]+/i
PLACE: /[0-9]+/
%ignore /[ \t\r\n\f]+/
"""

_RESERVED = frozenset(word.upper() for word in ReservedKeywords.get_reserved_keywords())
Names = tuple[tuple[str, str], ...]


@cache
def _parser(start: str) -> Lark:
    """Of conditions, projections or updates: what follows a path is not the same in them."""
    return Lark(GRAMMAR, parser="lalr", start=start)


@dataclass(frozen=True)
class Expression:
    """What an expression says, and the placeholders that it uses of the request's."""

    content: Any
    names: frozenset[str]
    values: frozenset[str]
    attributes: frozenset[str]
    """The attributes whose paths it has, by their real names."""


@lru_cache(maxsize=2048)
def parse(kind: str, text: str, names: Names) -> Expression:
    """An expression of a kind: `ConditionExpression`, `FilterExpression`, `ProjectionExpression`, ….

    :param names: the request's ExpressionAttributeNames
    Raises ValidationException.
    """
    start = {"UpdateExpression": "update", "ProjectionExpression": "projection"}.get(kind, "condition")
    if not text.strip():
        raise ValidationException(f"Invalid {kind}: The expression can not be empty;")
    try:
        tree = _parser(start).parse(text)
    except UnexpectedInput as error:
        raise ValidationException(f"Invalid {kind}: Syntax error; {_place_of(error, text)}") from error
    builder = _Builder(kind, dict(names))
    try:
        content = builder.transform(tree)
    except VisitError as error:
        raise error.orig_exc from error
    return Expression(
        content, frozenset(builder.used_names), frozenset(builder.used_values), frozenset(builder.attributes)
    )


def _place_of(error: UnexpectedInput, text: str) -> str:
    if isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        return f'token: "<EOF>", near: "{text[-20:]}"'
    place = error.pos_in_stream or 0
    token = text[place] if isinstance(error, UnexpectedCharacters) else str(getattr(error, "token", text[place]))
    return f'token: "{token}", near: "{text[max(place - 10, 0) : place + 10]}"'


class _Builder(Transformer[Token, Any]):
    def __init__(self, kind: str, names: dict[str, str]) -> None:
        super().__init__()
        self.kind, self.names = kind, names
        self.used_names: set[str] = set()
        self.used_values: set[str] = set()
        self.attributes: set[str] = set()

    def _refuse(self, what: str) -> ValidationException:
        return ValidationException(f"Invalid {self.kind}: {what}")

    def path(self, tokens: list[Token]) -> Path:
        path = Path(tuple(self._step(token) for token in tokens))
        self.attributes.add(path.attribute)
        return path

    def _step(self, token: Token) -> Step:
        if token.type == "PLACE":
            return int(token)
        if token.type == "NAME":
            if token.upper() in _RESERVED:
                raise self._refuse(f"Attribute name is a reserved keyword; reserved keyword: {token}")
            return str(token)
        self.used_names.add(str(token))
        if token not in self.names:
            raise self._refuse(
                f"An expression attribute name used in the document path is not defined; attribute name: {token}"
            )
        return self.names[token]

    def value(self, tokens: list[Token]) -> Placeholder:
        self.used_values.add(str(tokens[0]))
        return Placeholder(str(tokens[0]))

    def call(self, children: list[Any]) -> tuple[str, list[Any]]:
        return str(children[0]), children[1:]

    def nested_call(self, children: list[Any]) -> Any:
        if self.kind == "UpdateExpression":
            return self.value_call(children)
        return self.size_call(children)

    def condition(self, children: list[Node]) -> Node:
        return children[0]

    def disjunction(self, children: list[Node]) -> Node:
        return Union(tuple(children))

    def conjunction(self, children: list[Node]) -> Node:
        return Intersection(tuple(children))

    def not_(self, children: list[Node]) -> Node:
        return Negation(children[0])

    def comparison(self, children: list[Any]) -> Node:
        return Comparison(str(children[1]), children[0], children[2])

    def between(self, children: list[Any]) -> Node:
        return Between(*children)

    def membership(self, children: list[Any]) -> Node:
        if len(children) > 101:
            raise self._refuse("The IN operator has more than 100 operands")
        return Membership(children[0], tuple(children[1:]))

    def boolean_call(self, children: list[tuple[str, list[Any]]]) -> Node:
        [(name, arguments)] = children
        return self._known_call(BOOLEAN_FUNCTIONS, name, arguments, Call)

    def size_call(self, children: list[tuple[str, list[Any]]]) -> Node:
        [(name, arguments)] = children
        if name != "size":
            raise self._refuse(f"The function is not allowed to be used this way in an expression; function: {name}")
        if len(arguments) != 1 or not isinstance(arguments[0], Path):
            raise self._refuse("Operator or function requires a document path; operator or function: size")
        return Size(arguments[0])

    def value_call(self, children: list[tuple[str, list[Any]]]) -> Any:
        [(name, arguments)] = children
        return self._known_call(VALUE_FUNCTIONS, name, arguments, ValueCall)

    def _known_call(self, functions: dict[str, Any], name: str, arguments: list[Any], make: Any) -> Any:
        if name not in functions:
            raise self._refuse(f"Invalid function name; function: {name}")
        count, needs_path = functions[name]
        if len(arguments) != count:
            raise self._refuse(
                "Incorrect number of operands for operator or function; operator or function: "
                f"{name}, number of operands: {len(arguments)}"
            )
        if needs_path and not isinstance(arguments[0], Path):
            raise self._refuse(f"Operator or function requires a document path; operator or function: {name}")
        return make(name, tuple(arguments))

    def projection(self, children: list[Path]) -> tuple[Path, ...]:
        return tuple(children)

    def update(self, children: list[Clause]) -> tuple[Clause, ...]:
        kinds = [clause.kind for clause in children]
        for kind in kinds:
            if kinds.count(kind) > 1:
                raise self._refuse(f'The "{kind}" section can only be used once in an update expression;')
        return tuple(children)

    def set_(self, children: list[Any]) -> Clause:
        return Clause("SET", tuple(children))

    def assignment(self, children: list[Any]) -> tuple[Path, Any]:
        return children[0], children[1]

    def remove(self, children: list[Path]) -> Clause:
        return Clause("REMOVE", tuple((path, None) for path in children))

    def add(self, children: list[Any]) -> Clause:
        return Clause("ADD", tuple(zip(children[::2], children[1::2], strict=True)))

    def delete(self, children: list[Any]) -> Clause:
        return Clause("DELETE", tuple(zip(children[::2], children[1::2], strict=True)))

    def plus(self, children: list[Any]) -> Arithmetic:
        return Arithmetic(*children, is_difference=False)

    def minus(self, children: list[Any]) -> Arithmetic:
        return Arithmetic(*children, is_difference=True)
