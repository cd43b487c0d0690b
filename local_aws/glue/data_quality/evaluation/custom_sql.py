"""CustomSql: a query in Spark's SQL that gives one number, or rows of the table that comply.

Source: AWS Glue developer guide, dqdl-rule-types-CustomSql.html, and data-quality-trouble.html on Iceberg tables in it.
"""

from sqlglot import exp

from local_aws.athena.sql.errors import QueryError
from local_aws.athena.sql.quoting import quoted
from local_aws.glue.data_quality.dqdl.model import Rule
from local_aws.glue.data_quality.evaluation.conditions import is_met
from local_aws.glue.data_quality.evaluation.dataset import Dataset
from local_aws.glue.data_quality.evaluation.errors import RuleError
from local_aws.glue.data_quality.evaluation.outcome import FAIL, Outcome, no_rows, unmet
from local_aws.glue.data_quality.evaluation.sql import ICEBERG_CATALOG, PRIMARY, from_spark, parsed


def custom_sql(rule: Rule, dataset: Dataset) -> Outcome:
    [statement] = rule.parameters
    try:
        query = from_spark(statement)
        _name_tables(query, dataset)
        return _overall(rule, query, dataset) if rule.condition is not None else _by_rows(rule, query, dataset)
    except (QueryError, RuleError) as error:
        raise RuleError(f"There was a problem when executing your SQL statement: {error}") from error


def _name_tables(query: exp.Query, dataset: Dataset) -> None:
    for table in query.find_all(exp.Table):
        if table.catalog.lower() == ICEBERG_CATALOG:
            table.set("catalog", None)
        elif table.db and not table.catalog and dataset.is_iceberg(table.db, table.name):
            raise RuleError(
                f"StorageDescriptor#InputFormat cannot be null for table: {table.name}. Name this Iceberg table "
                f"{ICEBERG_CATALOG}.{table.db}.{table.name}, or {PRIMARY} if it is the one that is evaluated."
            )


def _overall(rule: Rule, query: exp.Query, dataset: Dataset) -> Outcome:
    rows = dataset.rows(exp.select("*").from_(query.subquery("result")).limit(2))
    if len(rows) != 1 or len(rows[0]) != 1:
        return Outcome(FAIL, "Custom SQL did not return exactly 1 row with 1 column")
    [[value]] = rows
    try:
        number = float(value)
    except (TypeError, ValueError):
        return Outcome(FAIL, f"Custom SQL returned {'NULL' if value is None else value}, which is no number")
    message = "Custom SQL response failed to satisfy the threshold"
    return Outcome.of(is_met(rule.condition, number), {"Dataset.*.CustomSQL": number}, message)


def _by_rows(rule: Rule, query: exp.Query, dataset: Dataset) -> Outcome:
    """The share of the table's rows that are in the query's result."""
    names = dataset.names(query)
    foreign = [name for name in names if name not in dataset.columns]
    if len(foreign) == len(names):
        return Outcome(
            FAIL,
            "The output from CustomSQL must contain at least one column that matches the input dataset. Ensure that "
            "matching columns are returned from the SQL.",
        )
    if foreign:
        return Outcome(
            FAIL,
            "The columns returned from the SQL statement should only belong to the primary table. Columns not found: "
            f"{', '.join(foreign)}",
        )
    columns = [quoted(name) for name in names]
    joined = " AND ".join(f"p.{column} IS NOT DISTINCT FROM r.{column}" for column in columns)
    outer = parsed(
        f"SELECT count(*), count(r.is_found) FROM {quoted(PRIMARY)} AS p LEFT JOIN "  # noqa: S608 - names are quoted
        f"(SELECT DISTINCT {', '.join(columns)}, true AS is_found FROM (SELECT 1) AS result) AS r ON {joined}"
    )
    result = next(subquery for subquery in outer.find_all(exp.Subquery) if subquery.alias == "result")
    result.set("this", query)
    [(total, found)] = dataset.rows(outer)
    if not total:
        return no_rows("*")
    share = found / total
    return Outcome.of(is_met(rule.threshold, share), {"Dataset.*.CustomSQL.Compliance": share}, unmet(share))
