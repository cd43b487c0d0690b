"""Patterns with `*`, `?` and policy variables (IAM user guide, Policy variables)."""

import re
from collections.abc import Mapping
from functools import lru_cache

from local_aws.access.errors import PolicyNotEvaluatedError

VARIABLE = re.compile(r"\$\{([^}]*)\}")
SPECIAL_CHARACTERS = {"*": "*", "?": "?", "$": "$"}
# A character of the private use area stands for each special character that a pattern has literally.
PLACEHOLDERS = {character: chr(0xE000 + number) for number, character in enumerate(SPECIAL_CHARACTERS)}
LITERALS = str.maketrans({placeholder: character for character, placeholder in PLACEHOLDERS.items()})

Values = Mapping[str, str | tuple[str, ...]]


@lru_cache(maxsize=8192)
def _expression(pattern: str, ignores_case: bool) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    text = "".join(wildcards.get(one) or re.escape(plain(one)) for one in pattern)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignores_case else 0))


def matches(pattern: str, text: str, *, ignores_case: bool = False) -> bool:
    """Whether the whole text is as the pattern says; a pattern's variables are resolved already."""
    if pattern == "*":
        return True
    return _expression(pattern, ignores_case).fullmatch(text) is not None


def matches_arn(pattern: str, arn: str) -> bool:
    """As `matches`, each of the six parts of an ARN for itself, as a condition's ARN operators compare."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    if len(patterns) < 6 or len(parts) < 6:
        return matches(pattern, arn)
    return all(map(matches, patterns, parts))


def resolved(pattern: str, values: Values) -> str | None:
    """The pattern with its variables' values, whose characters are literal; None where a variable has no value."""
    if "${" not in pattern:
        return pattern
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = found[1].partition(",")
        name = name.strip()
        if name in SPECIAL_CHARACTERS:
            return PLACEHOLDERS[name]
        given = values.get(name.lower())
        if isinstance(given, tuple):
            raise PolicyNotEvaluatedError(f"The policy variable {name} has several values")
        if given is None:
            missing = missing or not default
            given = default.strip().strip("'")
        for character, placeholder in PLACEHOLDERS.items():
            given = given.replace(character, placeholder)
        return given

    text = VARIABLE.sub(value, pattern)
    return None if missing else text


def plain(text: str) -> str:
    """A resolved pattern as the text that it means where `*` and `?` have no meaning."""
    return text.translate(LITERALS)
