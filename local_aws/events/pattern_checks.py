"""What EventBridge takes as an event pattern.

Sources: EventBridge user guide, Comparison operators for use in event patterns; Event Ruler's compiler of rules, from
which EventBridge's words are (github.com/aws/event-ruler, JsonRuleCompiler). How complex a rule's wildcards are is not
measured.
"""

import ipaddress
import re
from collections.abc import Callable
from decimal import Decimal

from local_aws.events.pattern_tokens import Kind, PatternError, Token, Tokens

OR = "$or"
LARGEST_NUMBER = 5_000_000_000
MOST_DECIMALS = 6
LITERALS = {Kind.STRING, Kind.NUMBER, Kind.TRUE, Kind.FALSE, Kind.NULL}
ONE_KEY = "Only one key allowed in match expression"
TOO_MANY = "Too many elements in numeric expression"
# Names of filters, today's and reserved ones, are no names of fields inside of $or.
RESERVED_IN_OR = {
    *("exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr"),
    *("=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case"),
    *("date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"),
    *("ip-address-in-range", "ip-address-not-in-range"),
}
ADDRESS = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*")


def check_pattern(pattern: str) -> None:
    """Raises PatternError for a text that EventBridge takes as no event pattern."""
    tokens = Tokens(pattern)
    if tokens.next().kind is not Kind.BEGIN_OBJECT:
        tokens.refuse("Filter is not an object")
    _object(tokens, is_in_or=False)


def _object(tokens: Tokens, *, is_in_or: bool) -> None:
    is_empty = True
    while (token := tokens.next()).kind is not Kind.END_OBJECT:
        is_empty = False
        if token.text == OR:
            _alternatives(tokens)
            continue
        if is_in_or and token.text in RESERVED_IN_OR:
            tokens.refuse(f"{token.text} is Ruler reserved fieldName which cannot be used inside {OR}.")
        kind = tokens.next().kind
        if kind is Kind.BEGIN_OBJECT:
            _object(tokens, is_in_or=is_in_or)
        elif kind is Kind.BEGIN_ARRAY:
            _values(tokens)
        else:
            tokens.refuse(f'"{token.text}" must be an object or an array')
    if is_empty:
        tokens.refuse("Empty objects are not allowed")


def _alternatives(tokens: Tokens) -> None:
    if tokens.next().kind is not Kind.BEGIN_ARRAY:
        tokens.refuse(f"It must be an Array followed with {OR}.")
    count = 0
    while (token := tokens.next()).kind is not Kind.END_ARRAY:
        count += 1
        if token.kind is not Kind.BEGIN_OBJECT:
            tokens.refuse(f"Only JSON object is allowed in array of {OR} relationship.")
        _object(tokens, is_in_or=True)
    if count < 2:
        tokens.refuse(f"There must have at least 2 Objects in {OR} relationship.")


def _values(tokens: Tokens) -> None:
    is_empty = True
    while (token := tokens.next()).kind is not Kind.END_ARRAY:
        is_empty = False
        if token.kind is Kind.BEGIN_OBJECT:
            _filter(tokens)
        elif token.kind in LITERALS:
            tokens.text()
        else:
            tokens.refuse("Match value must be String, number, true, false, or null")
    if is_empty:
        tokens.refuse("Empty arrays are not allowed")


def _filter(tokens: Tokens) -> None:
    token = tokens.next()
    if token.kind is not Kind.NAME:
        tokens.refuse("Match expression name not found")
    check = FILTERS.get(token.text)
    if check is None:
        tokens.refuse(f"Unrecognized match type {token.text}")
    check(tokens)


def _end(tokens: Tokens, reason: str = ONE_KEY) -> None:
    if tokens.next().kind is not Kind.END_OBJECT:
        tokens.refuse(reason)


def _string(tokens: Tokens, name: str) -> str:
    if tokens.next().kind is not Kind.STRING:
        tokens.refuse(f"{name} match pattern must be a string")
    return tokens.text()


def _affix(name: str) -> Callable[[Tokens], None]:
    """The check of `prefix` or `suffix`, whose text may be told apart from its case."""

    def check(tokens: Tokens) -> None:
        kind = tokens.next().kind
        if kind is Kind.BEGIN_OBJECT:
            inner = tokens.next()
            if inner.kind is not Kind.NAME:
                tokens.refuse(f"{name.capitalize()} expression name not found")
            if inner.text != "equals-ignore-case":
                tokens.refuse(f"Unsupported {name} pattern: {inner.text}")
            _string(tokens, "equals-ignore-case")
            _end(tokens)
        elif kind is Kind.STRING:
            tokens.text()
        else:
            tokens.refuse(f"{name} match pattern must be a string")
        _end(tokens)

    return check


def _equals_ignore_case(tokens: Tokens) -> None:
    _string(tokens, "equals-ignore-case")
    _end(tokens)


def _wildcard(tokens: Tokens) -> None:
    text = _string(tokens, "wildcard")
    _check_wildcards(tokens, text)
    _end(tokens)


def _check_wildcards(tokens: Tokens, text: str) -> None:
    """Positions are those of bytes, after the quotation mark."""
    read = f'"{text}"'.encode()
    position = 0
    while position < len(read):
        one, two = read[position : position + 1], read[position : position + 2]
        if two == b"**":
            tokens.refuse(f"Consecutive wildcard characters at pos {position}")
        if one == b"\\" and two not in {b"\\*", b"\\\\"}:
            tokens.refuse(f"Invalid escape character at pos {position}")
        position += 2 if one == b"\\" else 1


def _exists(tokens: Tokens) -> None:
    if tokens.next().kind not in {Kind.TRUE, Kind.FALSE}:
        tokens.refuse("exists match pattern must be either true or false.")
    _end(tokens)


def _cidr(tokens: Tokens) -> None:
    """Its words have no place, and those of a wrong type name another filter."""
    _check_cidr(_string(tokens, "prefix"))
    _end(tokens)


def _check_cidr(text: str) -> None:
    parts = text.split("/")
    if len(parts) != 2:
        raise PatternError("Malformed CIDR, one '/' required")
    address, mask = parts
    if not re.fullmatch(r"[+-]?\d+", mask):
        raise PatternError("Malformed CIDR, mask bits must be an integer")
    if int(mask) < 0:
        raise PatternError("Malformed CIDR, mask bits must not be negative")
    if not ADDRESS.fullmatch(address):
        raise PatternError(f"Nonstandard IP address: {address}")
    try:
        bits = ipaddress.ip_address(address).max_prefixlen
    except ValueError:
        raise PatternError(f"Invalid IP address: {address}") from None
    if int(mask) >= bits:
        raise PatternError(f"IPv{4 if bits == 32 else 6} mask bits must be < {bits}")


def _numeric(tokens: Tokens) -> None:
    if tokens.next().kind is not Kind.BEGIN_ARRAY:
        tokens.refuse("Value of numeric must be an array.")
    if tokens.next().kind is not Kind.STRING:
        tokens.refuse(f"Invalid member in numeric match: {tokens.text()}")
    operator = tokens.text()
    value = tokens.next()
    if operator not in {"=", "<", "<=", ">", ">="}:
        tokens.refuse(f"Unrecognized numeric range operator: {operator}")
    if value.kind is not Kind.NUMBER:
        tokens.refuse(f"Value of {'equals' if operator == '=' else operator} must be numeric")
    following = tokens.next()
    if following.kind is not Kind.END_ARRAY:
        if operator not in {">", ">="}:
            tokens.refuse(TOO_MANY)
        _range(tokens, following, value)
    else:
        _number(tokens, value.text)
    _end(tokens, TOO_MANY)


def _range(tokens: Tokens, token: Token, bottom: Token) -> None:
    """The rest of a range, from its second operator on."""
    if token.kind is not Kind.STRING:
        tokens.refuse(f"Bad value in numeric range: {tokens.text()}")
    operator = tokens.text()
    if operator not in {"<", "<="}:
        tokens.refuse(f"Bad numeric range operator: {operator}")
    top = tokens.next()
    if top.kind is not Kind.NUMBER:
        tokens.refuse(f"Value of {operator} must be numeric")
    if tokens.next().kind is not Kind.END_ARRAY:
        tokens.refuse("Too many terms in numeric range expression")
    if _number(tokens, bottom.text) >= _number(tokens, top.text):
        tokens.refuse("Bottom must be less than top")


def _number(tokens: Tokens, text: str) -> Decimal:
    try:
        return _comparable(text)
    except PatternError as error:
        tokens.refuse(str(error))


def _comparable(text: str) -> Decimal:
    number = Decimal(text).normalize()
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > MOST_DECIMALS:
        raise PatternError(f"Only values upto {MOST_DECIMALS} decimals are supported{number} {text}")
    if abs(number) > LARGEST_NUMBER:
        raise PatternError("Value must be between -5.0E9 and 5.0E9, inclusive")
    return number


def _anything_but(tokens: Tokens) -> None:
    token, inner = tokens.next(), ""
    if token.kind is Kind.BEGIN_OBJECT:
        name = tokens.next()
        if name.kind is not Kind.NAME:
            tokens.refuse("Anything-But expression name not found")
        if name.text not in NEGATED:
            tokens.refuse(f"Unsupported anything-but pattern: {name.text}")
        token, inner = tokens.next(), name.text
    if token.kind is Kind.BEGIN_ARRAY:
        _excluded_values(tokens, inner)
    elif token.kind not in {Kind.STRING, Kind.NUMBER}:
        tokens.refuse("Value of anything-but must be an array or single string/number value.")
    elif inner:
        _check_negated(tokens, token, inner)
    elif token.kind is Kind.NUMBER:
        _comparable(token.text)
    else:
        tokens.text()
    _end(tokens, TOO_MANY)
    if inner:
        _end(tokens, TOO_MANY)


def _excluded_values(tokens: Tokens, inner: str) -> None:
    """What is wrong inside of the list is said with its place twice, as Event Ruler wraps it."""
    kinds = set()
    try:
        while (token := tokens.next()).kind is not Kind.END_ARRAY:
            kinds.add(token.kind)
            if inner:
                _check_negated(tokens, token, inner)
            elif token.kind is Kind.NUMBER:
                _comparable(token.text)
            elif token.kind is Kind.STRING:
                tokens.text()
            else:
                tokens.refuse("Inside anything but list, start|null|boolean is not supported.")
    except PatternError as error:
        tokens.refuse(str(error))
    if not inner and len(kinds) != 1:
        mixed = "either all values are number or string, mixed type is not supported"
        tokens.refuse(f"Inside anything but list, {mixed}")


def _check_negated(tokens: Tokens, token: Token, inner: str) -> None:
    if token.kind is not Kind.STRING:
        tokens.refuse(NEGATED[inner])
    text = tokens.text()
    if inner in {"prefix", "suffix"} and not text:
        tokens.refuse("Null prefix/suffix not allowed")
    if inner == "wildcard":
        _check_wildcards(tokens, text)


# The filters inside of anything-but, and what is said of a value that is no string.
NEGATED = {
    "equals-ignore-case": ("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."),
    "prefix": "prefix/suffix match pattern must be a string",
    "suffix": "prefix/suffix match pattern must be a string",
    "wildcard": "wildcard match pattern must be a string",
}
FILTERS: dict[str, Callable[[Tokens], None]] = {
    "anything-but": _anything_but,
    "cidr": _cidr,
    "equals-ignore-case": _equals_ignore_case,
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _affix("prefix"),
    "suffix": _affix("suffix"),
    "wildcard": _wildcard,
}
