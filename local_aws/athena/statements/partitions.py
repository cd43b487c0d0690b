"""The partitions that the catalog holds of Hive tables: ALTER TABLE ADD, DROP and RENAME PARTITION, MSCK REPAIR TABLE.

Source: Athena user guide, the pages of these statements.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from local_aws.athena.catalog.tables import Table, partition_location
from local_aws.athena.executions.session import Session
from local_aws.athena.queries.files import s3_url
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.statements.names import HIVE_NAME, PARTITION_SPEC, hive_table, partition_pairs
from local_aws.athena.statements.parsing import Statement
from local_aws.storage import local_path

Lines = list[str]

_ALTER_TABLE = re.compile(
    rf"ALTER\s+TABLE\s+({HIVE_NAME})\s+(?:ADD|DROP)\s+(IF\s+(?:NOT\s+)?EXISTS\s+)?(.*)", re.I | re.S
)
_PARTITION = re.compile(rf"\s*,?\s*{PARTITION_SPEC}(?:\s*LOCATION\s*'([^']*)')?", re.I)
_RENAME = re.compile(
    rf"ALTER\s+TABLE\s+({HIVE_NAME})\s+{PARTITION_SPEC}\s+RENAME\s+TO\s+{PARTITION_SPEC}$", re.IGNORECASE
)
_REPAIR = re.compile(rf"MSCK\s+REPAIR\s+TABLE\s+({HIVE_NAME})$", re.IGNORECASE)


def _alter(session: Session, text: str) -> tuple[Table, bool, list[tuple[dict[str, str], str]]]:
    match = _ALTER_TABLE.match(text)
    name, tolerates, partitions = match.groups() if match else ("", None, text)
    if _PARTITION.sub("", partitions).strip():
        raise QueryError(f"SYNTAX_ERROR: extraneous input '{_PARTITION.sub('', partitions).strip()}'")
    pairs = [(partition_pairs(spec), location) for spec, location in _PARTITION.findall(partitions)]
    return hive_table(session, name), bool(tolerates), pairs


def add_partitions(session: Session, statement: Statement) -> Lines:
    table, tolerates, partitions = _alter(session, statement.text)
    known = {values for values, _ in session.catalog.partitions(table)}
    for pairs, location in partitions:
        values = partition_values(table, pairs)
        if values not in known:
            session.catalog.create_partition(table, values, location or partition_location(table, values))
            known.add(values)
        elif not tolerates:
            raise QueryError("FAILED: Execution Error: AlreadyExistsException(message:Partition already exists.)")
    return []


def partition_values(table: Table, pairs: dict[str, str]) -> tuple[str, ...]:
    """The values of one partition, in the order of the table's keys."""
    names = [key.name for key in table.partition_keys]
    if set(pairs) != set(names):
        raise QueryError(
            f"FAILED: SemanticException partition spec {pairs} doesn't contain all partition columns {names}"
        )
    return tuple(pairs[name] for name in names)


def existing_partition(session: Session, table: Table, spec: str) -> tuple[str, ...]:
    """The values of a partition that the catalog holds; `spec` is what stands in the brackets of PARTITION (…)."""
    pairs = partition_pairs(spec)
    values = partition_values(table, pairs)
    if values not in {known for known, _ in session.catalog.partitions(table)}:
        raise _partition_not_found(pairs)
    return values


def _partition_not_found(pairs: dict[str, str]) -> QueryError:
    return QueryError(f"FAILED: SemanticException [Error 10006]: Partition not found {pairs}")


def drop_partitions(session: Session, statement: Statement) -> Lines:
    table, tolerates, partitions = _alter(session, statement.text)
    names = [key.name for key in table.partition_keys]
    for pairs, _ in partitions:
        if not set(pairs) <= set(names):
            raise QueryError(f"FAILED: SemanticException [Error 10098]: Non-Partition column in {sorted(pairs)}")
        found = [
            values
            for values, _ in session.catalog.partitions(table)
            if pairs.items() <= dict(zip(names, values, strict=True)).items()
        ]
        if not found and not tolerates:
            raise _partition_not_found(pairs)
        for values in found:
            session.catalog.delete_partition(table, values)
    return []


def rename_partition(session: Session, statement: Statement) -> Lines:
    """Gives a partition other values; its files stay where they are."""
    match = _RENAME.match(statement.text)
    if match is None:
        raise QueryError("SYNTAX_ERROR: write ALTER TABLE … PARTITION (name = value, …) RENAME TO PARTITION (…)")
    name, old, new = match.groups()
    table = hive_table(session, name)
    values = existing_partition(session, table, old)
    renamed = partition_values(table, partition_pairs(new))
    location = dict(session.catalog.partitions(table))[values]

    def rename(partition: dict[str, Any]) -> None:
        partition["Values"] = list(renamed)
        partition["StorageDescriptor"] = {**(partition.get("StorageDescriptor") or {}), "Location": location}

    session.catalog.change_partition(table, values, rename)
    return []


def repair_table(session: Session, statement: Statement) -> Lines:
    """MSCK REPAIR TABLE: registers the `key=value` folders that the catalog lacks; it removes none."""
    match = _REPAIR.match(statement.text)
    if match is None:
        raise QueryError("SYNTAX_ERROR: write MSCK REPAIR TABLE name")
    table = hive_table(session, match[1])
    known = {values for values, _ in session.catalog.partitions(table)}
    lines = []
    for folder, values in _partition_folders(local_path(table.location), [key.name for key in table.partition_keys]):
        if values not in known:
            session.catalog.create_partition(table, values, f"{s3_url(str(folder))}/")
            path = "/".join(f"{key.name}={value}" for key, value in zip(table.partition_keys, values, strict=True))
            lines.append(f"Repair: Added partition to metastore {table.name}:{path}")
    return lines


def _partition_folders(folder: Path, names: list[str]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    if not names:
        yield folder, ()
        return
    prefix = f"{names[0]}="
    for child in sorted(folder.iterdir()) if folder.is_dir() else []:
        if child.name.startswith(prefix) and child.is_dir() and not child.is_symlink():
            value = unquote(child.name.removeprefix(prefix))
            yield from ((path, (value, *rest)) for path, rest in _partition_folders(child, names[1:]))
