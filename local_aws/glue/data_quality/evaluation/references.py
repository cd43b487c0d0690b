"""Rules about the table and another one, which AdditionalDataSources name."""

import re

from local_aws.athena.sql.quoting import quoted
from local_aws.glue.data_quality.dqdl.model import Rule
from local_aws.glue.data_quality.evaluation.conditions import is_met
from local_aws.glue.data_quality.evaluation.dataset import Dataset
from local_aws.glue.data_quality.evaluation.errors import RuleError, UnfitColumnError
from local_aws.glue.data_quality.evaluation.outcome import FAIL, Outcome, no_rows, unmet
from local_aws.glue.data_quality.evaluation.rows import wrong_type
from local_aws.glue.data_quality.evaluation.sql import PRIMARY, parsed
from local_aws.glue.data_quality.evaluation.types import is_numeric

_COLUMNS_IN_BRACES = re.compile(r"(?P<alias>.+)\.\{(?P<columns>.+)\}")
_ONE_COLUMN = re.compile(r"(?P<alias>.+)\.(?P<columns>[^.]+)")
_AGGREGATE = re.compile(r"(?P<function>sum|avg|SUM|AVG)\((?:(?P<alias>.+)\.)?(?P<column>[^.]+)\)")
UNSUITABLE_KEYS = "Provided key map not suitable for given data frames."


def referential_integrity(rule: Rule, dataset: Dataset) -> Outcome:
    """The share of rows whose values are among the reference's; a NULL is not."""
    own, referred = rule.parameters
    match = _COLUMNS_IN_BRACES.fullmatch(referred) or _ONE_COLUMN.fullmatch(referred)
    if match is None:
        raise RuleError("Could not parse ReferenceDatasetColumns parameter")
    alias = match["alias"]
    if not dataset.has_source(alias):
        return _unknown_source(alias)
    columns = [_known(dataset, PRIMARY, name) for name in _names(own)]
    references = [_known(dataset, alias, name) for name in _names(match["columns"])]
    if len(columns) != len(references):
        raise RuleError("The two sets of columns do not have the same number of columns.")
    joined = " AND ".join(f"p.{one} = r.{other}" for one, other in zip(columns, references, strict=True))
    referred_to = ", ".join(dict.fromkeys(references))
    [(total, found)] = dataset.rows(
        parsed(
            f"SELECT count(*), count(r.is_found) FROM {quoted(PRIMARY)} AS p LEFT JOIN "  # noqa: S608 - names are quoted
            f"(SELECT DISTINCT {referred_to}, true AS is_found FROM {quoted(alias.lower())}) AS r ON {joined}"
        )
    )
    return _ratio(rule, f"Column.{alias}.ReferentialIntegrity", found, total)


def dataset_match(rule: Rule, dataset: Dataset) -> Outcome:
    """The share of rows that the reference has with the same key and equal other columns; NULL equals NULL there."""
    alias, key_text, *match_text = rule.parameters
    if not dataset.has_source(alias):
        return _unknown_source(alias)
    keys = _pairs(dataset, alias, key_text)
    pairs = _pairs(dataset, alias, match_text[0]) if match_text else _other_columns(dataset, alias, keys)
    if pairs is None:
        return Outcome(FAIL, "Non key columns in the given data frames do not match.")
    if not pairs:
        return Outcome(FAIL, "Empty column comparison map provided.")
    sides = (PRIMARY, [own for own, _ in keys]), (alias.lower(), [other for _, other in keys])
    if not all(_is_key(dataset, source, columns) for source, columns in sides):
        return Outcome(FAIL, UNSUITABLE_KEYS)
    joined = " AND ".join(f"p.{own} = r.{other}" for own, other in keys)
    is_equal = " AND ".join(f"p.{own} IS NOT DISTINCT FROM r.{other}" for own, other in pairs)
    [(total, equal)] = dataset.rows(
        parsed(
            f"SELECT count(*), count_if(r.{keys[0][1]} IS NOT NULL AND {is_equal}) "  # noqa: S608 - names are quoted
            f"FROM {quoted(PRIMARY)} AS p LEFT JOIN {quoted(alias.lower())} AS r ON {joined}"
        )
    )
    return _ratio(rule, f"Dataset.{alias}.DatasetMatch", equal, total)


def aggregate_match(rule: Rule, dataset: Dataset) -> Outcome:
    """The first aggregate divided by the second: 1 where both are zero, and 0 where only the second is."""
    values, names = [], []
    for text in rule.parameters:
        match = _AGGREGATE.fullmatch(text.strip())
        if match is None:
            raise RuleError(f"{text} is no aggregate: write sum(<column>) or avg(<column>).")
        alias = match["alias"] or PRIMARY
        if not dataset.has_source(alias):
            return _unknown_source(alias)
        name = match["column"].strip()
        column = dataset.columns_of(alias).get(name.lower())
        if column is None:
            raise UnfitColumnError(f"Input data does not include column {name}!")
        if not is_numeric(column):
            raise wrong_type(column, "numeric")
        aggregate = f"{match['function'].lower()}(CAST({quoted(column.name)} AS double))"
        [(value,)] = dataset.rows(parsed(f"SELECT {aggregate} FROM {quoted(alias.lower())}"))  # noqa: S608 - quoted
        values.append(value or 0.0)
        names.append(name)
    first, second = values
    ratio = 1.0 if first == second == 0 else first / second if second else 0.0
    metric = f"Column.{','.join(dict.fromkeys(names))}.AggregateMatch"
    return Outcome.of(is_met(rule.condition, ratio), {metric: ratio}, unmet(ratio))


def _ratio(rule: Rule, metric: str, part: int, total: int) -> Outcome:
    if not total:
        return no_rows(rule.parameters[0])
    share = part / total
    return Outcome.of(is_met(rule.condition, share), {metric: share}, unmet(share))


def _unknown_source(alias: str) -> Outcome:
    return Outcome(FAIL, f"{alias} not found in additional sources")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _known(dataset: Dataset, alias: str, name: str) -> str:
    """The quoted name of a column of one of the tables."""
    column = dataset.columns_of(alias).get(name.lower())
    if column is None:
        raise UnfitColumnError(f"Input data does not include column {name}!")
    return quoted(column.name)


def _pairs(dataset: Dataset, alias: str, text: str) -> list[tuple[str, str]]:
    """Columns of the table and of the reference: `a->b,c` are a and b, and c in both."""
    pairs = []
    for mapping in _names(text):
        own, arrow, other = mapping.partition("->")
        names = own.strip(), other.strip() if arrow else own.strip()
        pairs.append((_known(dataset, PRIMARY, names[0]), _known(dataset, alias, names[1])))
    return pairs


def _other_columns(dataset: Dataset, alias: str, keys: list[tuple[str, str]]) -> list[tuple[str, str]] | None:
    """All columns but the keys, which both tables have under the same names; None where they differ."""
    own = {quoted(name) for name in dataset.columns} - {own for own, _ in keys}
    others = {quoted(name) for name in dataset.columns_of(alias)} - {other for _, other in keys}
    return [(name, name) for name in sorted(own)] if own == others else None


def _is_key(dataset: Dataset, source: str, columns: list[str]) -> bool:
    is_null = " OR ".join(f"{column} IS NULL" for column in columns)
    groups = (
        f"SELECT count(*) AS occurrences, ({is_null}) AS is_null FROM {quoted(source)} GROUP BY {', '.join(columns)}"  # noqa: S608 - names are quoted
    )
    [(faults,)] = dataset.rows(parsed(f"SELECT count_if(occurrences > 1 OR is_null) FROM ({groups}) AS groups"))  # noqa: S608 - as above
    return faults == 0
