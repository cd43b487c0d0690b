"""The table of functions: what the document says of it, and that DuckDB takes each entry and gives its type."""

from collections.abc import Iterator
from typing import Any

import duckdb

from docs.generate_athena_md import ATHENA_MD, athena_md
from local_aws.athena.analysis import MACROS
from local_aws.athena.analysis.queries import Translation
from local_aws.athena.analysis.scope import Scope
from local_aws.athena.analysis.signatures import AGGREGATE, WINDOW, Signature, function_topics, signatures_of
from local_aws.athena.analysis.types import Type, duckdb_type
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.statements.parsing import parse_query

# What the variables of signatures stand for.
TYPES = dict.fromkeys("TKRWX", "integer") | {"V": "varchar", "U": "double", "S": "bigint", "any": "bigint"}
SIZES = {"p": 6, "s": 2, "q": 8, "t": 3, "x": 5, "y": 5, "n": 5}
# Arguments that have to be literals, by the function's name and their place.
LITERALS = {
    ("approx_percentile", 1): {"double": "0.5e0", "array(double)": "ARRAY[0.5e0]"},
    ("at_timezone", 1): {"varchar": "'Europe/Berlin'"},
    ("with_timezone", 1): {"varchar": "'Europe/Berlin'"},
    ("from_unixtime", 1): {"varchar": "'Europe/Berlin'"},
    ("date_format", 1): {"varchar": "'%Y-%m'"},
    ("date_parse", 1): {"varchar": "'%Y-%m'"},
    ("format_datetime", 1): {"varchar": "'yyyy-MM'"},
    ("parse_datetime", 1): {"varchar": "'yyyy-MM'"},
    ("json_query", 1): {"varchar": "'lax $.a'"},
    ("json_value", 1): {"varchar": "'lax $.a'"},
    ("listagg", 1): {"varchar": "','"},
    ("format", 0): {"varchar": "'%s'"},
    ("round", 1): {"bigint": "1"},
}


def test_the_list_of_functions_is_what_make_docs_writes():
    assert ATHENA_MD.read_text() == athena_md(), "run `make docs`"


def entries() -> list[str]:
    return [entry for topic in function_topics().values() for entry in topic]


def test_every_entry_is_a_signature_or_a_name():
    assert len(entries()) > 500
    assert all(signatures_of(entry) or entry.replace("_", "").isalnum() for entry in entries())


def sql_type(kind: Type) -> str:
    def part(argument: Any) -> Any:
        if isinstance(argument, tuple):
            return argument[0], part(argument[1])
        return Type(sql_type(argument)) if isinstance(argument, Type) else SIZES.get(argument, argument)

    return TYPES.get(kind.name) or str(Type(kind.name, tuple(map(part, kind.arguments))))


def call(signature: Signature) -> str:
    """A call with typed NULLs, or with literals where it takes no others."""
    kinds = map(sql_type, signature.arguments)
    arguments = [
        LITERALS.get((signature.name, place), {}).get(kind, f"CAST(NULL AS {kind})") for place, kind in enumerate(kinds)
    ]
    return f"{signature.name}({', '.join(arguments)}){' OVER ()' if signature.kind == WINDOW else ''}"


def ordered_calls(signature: Signature) -> Iterator[str]:
    """Calls of an aggregate over columns, also of a type that is converted, with DISTINCT, ORDER BY and with both."""
    kinds = list(map(sql_type, signature.arguments))
    narrower = ["integer" if kind.partition("(")[0] in {"bigint", "double", "decimal"} else kind for kind in kinds]
    literals = [LITERALS.get((signature.name, place), {}).get(kind) for place, kind in enumerate(kinds)]
    arguments = ", ".join(literal or f"a{place}" for place, literal in enumerate(literals))
    for given in (kinds, narrower) if narrower != kinds else (kinds,):
        columns = ", ".join(f"CAST(NULL AS {kind}) AS a{place}" for place, kind in enumerate(given))
        for distinct, order in (("DISTINCT ", ""), ("", " ORDER BY a0 DESC"), ("DISTINCT ", " ORDER BY a0")):
            yield f"{signature.name}({distinct}{arguments}{order}) FROM (SELECT {columns})"


def working_calls() -> Iterator[str]:
    for entry in entries():
        for signature in signatures_of(entry):
            if not signature.refused and not any(kind.name == "function" for kind in signature.arguments):
                yield call(signature)
                if signature.kind == AGGREGATE and signature.arguments:
                    yield from ordered_calls(signature)


def test_duckdb_gives_what_an_entry_says():
    connection = duckdb.connect()
    connection.execute(MACROS)
    calls = list(working_calls())
    assert len(calls) > 500
    differing = {}
    for text in calls:
        try:
            query = Translation({}).query(parse_query(f"SELECT {text}"), Scope())
            [(_, described, *_)] = connection.execute(f"DESCRIBE {query.sql}").fetchall()
        except (duckdb.Error, QueryError) as error:
            if f"{text.partition('(')[0]} with DISTINCT and ORDER BY is not supported" not in str(error):
                differing[text] = str(error)
            continue
        told = str(duckdb.type(duckdb_type(query.types[0])))
        if described != told:
            differing[text] = (described, told)
    assert differing == {}
