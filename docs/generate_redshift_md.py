"""Writes docs/redshift.md from the lists of Redshift's functions and statements."""

from collections.abc import Iterable
from pathlib import Path

from local_aws.redshift_data.sql.functions import GROUPS, Group
from local_aws.redshift_data.sql.statements import POSTGRESQL, REFUSED, WORKING

REDSHIFT_MD = Path(__file__).parent / "redshift.md"
INTRODUCTION = """\
# Redshift on the local stack

Generated from `local_aws/redshift_data/sql/functions.toml` and `statements.toml` by `make docs`; a test fails when it
differs.

Statements reach the warehouse by the Redshift Data API. The local endpoint checks each of them as Redshift would,
writes it in PostgreSQL's words and has a PostgreSQL server run it. What Redshift refuses is refused, in its words; what
Redshift has and the local endpoint lacks is refused with a sentence that names it.

**The address of a workgroup is that of the PostgreSQL server**, here and in what `GetWorkgroup` and `GetCredentials`
answer. Who connects to it directly (psql, JDBC, psycopg, redshift_connector) talks to PostgreSQL: nothing is checked or
translated there, so that what passes proves nothing of Redshift.

Where the answers still differ:
- the digits after the point of a division of decimals, and of other computed decimals, are PostgreSQL's;
- MEDIAN and PERCENTILE_CONT of decimals are of type DOUBLE PRECISION;
- two texts that differ in blanks at their ends are two texts;
- the body of a stored procedure is PostgreSQL's PL/pgSQL, run as it is written;
- GRANT, REVOKE and roles are PostgreSQL's;
- VACUUM and ANALYZE are PostgreSQL's; keys, encodings and distribution are checked and then have no effect;
- of the system tables and views there are SVV_TABLES, SVV_COLUMNS, SVV_TABLE_INFO, SVV_ROLES, PG_TABLE_DEF,
  SYS_LOAD_HISTORY, SYS_LOAD_ERROR_DETAIL, STL_LOAD_ERRORS and `information_schema`.

## COPY and UNLOAD
COPY takes `IAM_ROLE` or `CREDENTIALS` with a role; FORMAT PARQUET, CSV, JSON 'auto' and delimited text; MANIFEST, GZIP,
BZIP2, ZSTD, DELIMITER, QUOTE, ESCAPE, NULL, IGNOREHEADER, IGNOREBLANKLINES, MAXERROR, TRUNCATECOLUMNS, ACCEPTINVCHARS,
ACCEPTANYDATE, BLANKSASNULL, EMPTYASNULL, TRIMBLANKS, FILLRECORD, ROUNDEC, DATEFORMAT, TIMEFORMAT, EXPLICIT_IDS,
SERIALIZETOJSON, ENCODING UTF8, REGION, STATUPDATE and COMPUPDATE. UNLOAD takes FORMAT PARQUET and CSV, PARTITION BY,
HEADER, MANIFEST, GZIP, PARALLEL, ALLOWOVERWRITE, CLEANPATH, DELIMITER, NULL and REGION. Any other option is refused by
name.
"""
STATES = {
    "works": "Work",
    "leader_node": "Work without a table beside them, as on the leader node",
    "refused": "Refused by name",
}


def redshift_md() -> str:
    return "\n".join([INTRODUCTION, *statements_section(), "## Functions", *map(functions_section, GROUPS)])


def statements_section() -> list[str]:
    return [
        "## Statements",
        f"- Work: {_code(WORKING)}",
        f"- Refused by name: {_code(REFUSED)}",
        f"- Not Redshift's, refused in its words: {_code(POSTGRESQL)}",
        "",
    ]


def functions_section(group: Group) -> str:
    lines = [
        f"- {title}: {_code(name.upper() for name in names)}"
        for state, title in STATES.items()
        if (names := getattr(group, state))
    ]
    return "\n".join([f"### {group.title}", *lines, ""])


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


if __name__ == "__main__":
    REDSHIFT_MD.write_text(redshift_md())
