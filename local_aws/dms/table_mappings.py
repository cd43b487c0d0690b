"""Table mapping rules: which tables a task takes and what they are called in the target.

Rules: https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TableMapping.html
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

SELECTION_ACTIONS = ("include", "exclude", "explicit")
TRANSFORMATIONS: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "rename": lambda _, rule: rule["value"],
    "convert-lowercase": lambda name, _: name.lower(),
}
TRANSFORMATION_TARGETS = {"schema": "schema-name", "table": "table-name"}
RULE_KEYS = {
    "selection": {"rule-type", "rule-id", "rule-name", "rule-action", "object-locator", "load-order", "filters"},
    "transformation": {
        "rule-type",
        "rule-id",
        "rule-name",
        "rule-action",
        "rule-target",
        "object-locator",
        "value",
        "old-value",
    },
}


class TableMappingError(ValueError):
    """The mappings are malformed or use a rule that the engine does not carry out."""


@cache
def wildcard_pattern(locator: str) -> re.Pattern[str]:
    """DMS's wildcards: `%` any characters, `_` one character, `[_]` a literal underscore."""
    parts = re.split(r"(%|\[_\]|_)", locator)
    regexes = {"%": ".*", "_": ".", "[_]": "_"}
    return re.compile("".join(regexes.get(part) or re.escape(part) for part in parts), re.DOTALL)


@dataclass(frozen=True)
class Locator:
    schema: str
    table: str

    def matches(self, schema: str, table: str) -> bool:
        is_schema = bool(wildcard_pattern(self.schema).fullmatch(schema))
        return is_schema and bool(wildcard_pattern(self.table).fullmatch(table))

    @property
    def is_exact(self) -> bool:
        return "%" not in self.schema + self.table


@dataclass(frozen=True)
class SelectionRule:
    action: str
    locator: Locator
    load_order: int = 0


@dataclass(frozen=True)
class TransformationRule:
    target: str
    locator: Locator
    definition: dict[str, Any]

    def apply(self, name: str) -> str:
        return TRANSFORMATIONS[self.definition["rule-action"]](name, self.definition)


def _fail(rule: dict[str, Any], problem: str) -> TableMappingError:
    return TableMappingError(f"Table mapping rule {rule.get('rule-id', rule.get('rule-name', '?'))}: {problem}")


def _locator(rule: dict[str, Any]) -> Locator:
    locator = rule.get("object-locator", {})
    unsupported = set(locator) - {"schema-name", "table-name", "table-type"}
    if unsupported:
        raise _fail(rule, f"object-locator {', '.join(sorted(unsupported))} is not supported by the local endpoint")
    if locator.get("table-type", "table") != "table":
        raise _fail(rule, f"table-type {locator['table-type']} is not supported by the local endpoint")
    if "schema-name" not in locator:
        raise _fail(rule, "object-locator has no schema-name")
    return Locator(locator["schema-name"], locator.get("table-name", "%"))


def _selection(rule: dict[str, Any]) -> SelectionRule:
    if rule.get("filters"):
        raise _fail(rule, "filters are not supported by the local endpoint")
    if rule.get("rule-action") not in SELECTION_ACTIONS:
        raise _fail(rule, f"rule-action must be one of {', '.join(SELECTION_ACTIONS)}")
    locator = _locator(rule)
    if rule["rule-action"] == "explicit" and not locator.is_exact:
        raise _fail(rule, "an explicit selection takes exact names, not wildcards")
    return SelectionRule(rule["rule-action"], locator, int(rule.get("load-order", 0)))


def _transformation(rule: dict[str, Any]) -> TransformationRule:
    action, target = rule.get("rule-action"), rule.get("rule-target")
    if action not in TRANSFORMATIONS or target not in TRANSFORMATION_TARGETS:
        raise _fail(rule, f"transformation {action} of {target} is not supported by the local endpoint")
    if action == "rename" and not rule.get("value"):
        raise _fail(rule, "rename has no value")
    return TransformationRule(target, _locator(rule), rule)


@dataclass(frozen=True)
class TableMappings:
    selections: tuple[SelectionRule, ...]
    transformations: tuple[TransformationRule, ...]

    @classmethod
    def parse(cls, document: str) -> Self:
        """Raises TableMappingError for anything that the engine would not carry out."""
        try:
            rules = json.loads(document)["rules"]
        except (ValueError, KeyError, TypeError) as error:
            raise TableMappingError('The table mappings are not JSON of the form {"rules": […]}') from error
        for rule in rules:
            if rule.get("rule-type") not in RULE_KEYS:
                raise _fail(rule, f"rule-type {rule.get('rule-type')} is not supported by the local endpoint")
            unsupported = set(rule) - RULE_KEYS[rule["rule-type"]]
            if unsupported:
                raise _fail(rule, f"{', '.join(sorted(unsupported))} is not supported by the local endpoint")
        selections = tuple(_selection(rule) for rule in rules if rule["rule-type"] == "selection")
        if not any(rule.action != "exclude" for rule in selections):
            raise TableMappingError("The table mappings have no selection rule that includes a table")
        transformations = tuple(_transformation(rule) for rule in rules if rule["rule-type"] == "transformation")
        return cls(selections, transformations)

    def selects(self, schema: str, table: str) -> bool:
        """Explicit rules win over exclude rules, exclude rules over include rules."""
        actions = {rule.action for rule in self.selections if rule.locator.matches(schema, table)}
        return "explicit" in actions or ("include" in actions and "exclude" not in actions)

    def load_order(self, schema: str, table: str) -> int:
        """Tables with a higher number are loaded first."""
        return max((rule.load_order for rule in self.selections if rule.locator.matches(schema, table)), default=0)

    def exact_tables(self) -> list[tuple[str, str]]:
        """Schema and table of the rules that name one table, which the source is then expected to have."""
        locators = [rule.locator for rule in self.selections if rule.action != "exclude" and rule.locator.is_exact]
        return [
            (locator.schema.replace("[_]", "_"), locator.table.replace("[_]", "_"))
            for locator in locators
            if self.selects(locator.schema.replace("[_]", "_"), locator.table.replace("[_]", "_"))
        ]

    def target_name(self, schema: str, table: str) -> tuple[str, str]:
        """Schema and table in the target, after the transformations in the order of the document."""
        names = {"schema": schema, "table": table}
        for rule in self.transformations:
            if rule.locator.matches(schema, table):
                names[rule.target] = rule.apply(names[rule.target])
        return names["schema"], names["table"]
