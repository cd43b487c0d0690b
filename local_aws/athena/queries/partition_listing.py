"""`"table$partitions"` of a Hive table: the values of its partitions, a row for each.

Source: Athena user guide, "List partitions for a specific table".
"""

from dataclasses import dataclass

from local_aws.athena.catalog.partitions import HIVE_NULL
from local_aws.athena.catalog.tables import Catalog, Column, Table
from local_aws.athena.queries.reads import Reads
from local_aws.athena.queries.relations import Relation, empty_relation
from local_aws.athena.sql.quoting import quoted, text_literal
from local_aws.athena.sql.types import duckdb_type_of_hive


@dataclass(frozen=True)
class PartitionListing:
    catalog: Catalog
    table: Table

    @property
    def all_columns(self) -> tuple[Column, ...]:
        return self.table.partition_keys

    def relation(self, _: Reads) -> Relation:
        """The partitions that the catalog holds, which of a projection it does not."""
        rows = [
            f"({', '.join('NULL' if value == HIVE_NULL else text_literal(value) for value in values)})"
            for values, _ in self.catalog.partitions(self.table)
        ]
        if not rows:
            return empty_relation(self.all_columns)
        names = ", ".join(quoted(key.name) for key in self.all_columns)
        values = ", ".join(
            f"CAST({quoted(key.name)} AS {duckdb_type_of_hive(key.hive_type)}) AS {quoted(key.name)}"
            for key in self.all_columns
        )
        return Relation(f"SELECT {values} FROM (VALUES {', '.join(rows)}) AS listed({names})")  # noqa: S608 - all quoted
