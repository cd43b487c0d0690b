"""Asks Redshift questions, and shows the answers."""

from typing import Any

from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.redshift.script import RedshiftScriptOperator

MOST_ROWS = 20


class RedshiftQuestionsOperator(RedshiftScriptOperator):
    """Run the SELECTs of several .sql files, show the first rows of each in the log; returns the statements' ids."""

    @override
    def execute(self, context: Context) -> list[str]:
        return self._show(super().execute(context))

    @override
    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> list[str]:
        return self._show(super().execute_complete(context, event))

    def _show(self, statement_ids: list[str]) -> list[str]:
        questions = [statement for script in self.sql for statement in self.statements(script)]
        for statement_id, question in zip(statement_ids, questions, strict=True):
            self.log.info("%s\n%s", question, answer_table(self.hook.conn.get_statement_result(Id=statement_id)))
        return statement_ids


def answer_table(result: dict[str, Any]) -> str:
    """The first rows of a statement's result as GetStatementResult gives it, a line per row, below their columns."""
    rows = [[_text(field) for field in record] for record in result["Records"][:MOST_ROWS]]
    lines = [[column["name"] for column in result["ColumnMetadata"]], *rows]
    if result["TotalNumRows"] > len(rows):
        lines.append([f"and {result['TotalNumRows'] - len(rows)} rows more"])
    return "\n".join("\t".join(line) for line in lines)


def _text(field: dict[str, Any]) -> str:
    """A value as text, of whatever type: the field has one key, which names the type."""
    (value,) = field.values()
    return "NULL" if "isNull" in field else str(value)
