"""Policy for every script that goes to Redshift."""

from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.dialects.redshift import Redshift

from local_aws.redshift_data.sql.dialect import translate
from local_aws.redshift_data.sql.tokens import split_statements

SCRIPTS = sorted((Path(__file__).parents[2] / "sql" / "redshift").rglob("*.sql"))
RESERVED_WORDS = {word.strip() for word in Redshift.Generator.RESERVED_KEYWORDS}


class AnyValue(jinja2.ChainableUndefined):
    """Stands for whatever a template names: a value, a function's result, a list of one."""

    def __call__(self, *_: object, **__: object) -> "AnyValue":
        return self

    def __iter__(self) -> Iterator["AnyElement"]:
        return iter([AnyElement(year=2024, month=5)])

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return "value"


class AnyElement(dict):
    """Stands for the one element of a list: a text, a thing with attributes, or a partition."""

    def __getattr__(self, _: str) -> AnyValue:
        return AnyValue()

    def __str__(self) -> str:
        return "value"


@pytest.fixture(params=SCRIPTS, ids=lambda script: f"{script.parent.name}/{script.name}")
def statements(request: pytest.FixtureRequest) -> list[str]:
    """The statements of a script, with a stand-in for each value of its template."""
    template = jinja2.Environment(undefined=AnyValue).from_string(request.param.read_text())  # noqa: S701 - SQL
    return split_statements(
        template.render(redshift_iam_role="default").replace("FROM 'value'", "FROM 's3://lake/value'")
    )


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) > 20


def test_redshift_reads_every_statement(statements: list[str]) -> None:
    assert statements
    for statement in statements:
        translate(statement, has_parameters=":run_id" in statement)


def test_no_name_is_a_reserved_word(statements: list[str]) -> None:
    names = {
        identifier.name.lower()
        for statement in statements
        if not statement.startswith("COPY")
        for identifier in sqlglot.parse_one(statement, read="redshift").find_all(exp.Identifier)
        if not identifier.quoted
    }
    assert not names & RESERVED_WORDS
