"""Buckets of a Hive table: which rows share a file.

Source: Trino's HiveBucketingV1, which Athena writes by, and the file names of its HiveWriterFactory.
"""

from dataclasses import dataclass
from typing import Any

from local_aws.athena.queries.preparation import Columns, PreparedQuery
from local_aws.athena.sql.errors import QueryError, not_supported
from local_aws.athena.sql.quoting import quoted

BUCKET = "__bucket__"
_BYTE = "('0x' || substr(hex(encode({0})), 2 * place + 1, 2))::BIGINT"
_BYTES = f"list_transform(range(0, octet_length(encode({{0}}))), lambda place: {_BYTE})"
_TEXT = f"list_reduce([0::BIGINT] || {_BYTES}, lambda hash, byte: (31 * hash + byte - 256 * (byte > 127)::INT) & {{1}})"
_HASHES = {
    "boolean": "{0}::INT",
    **dict.fromkeys(("tinyint", "smallint", "integer"), "{0}::BIGINT & {1}"),
    "bigint": "xor({0} & {1}, ({0} >> 32) & {1})",
    "date": "date_diff('day', DATE '1970-01-01', {0}) & {1}",
    "varchar": _TEXT,
}
_LOW_32_BITS = 2**32 - 1
_POSITIVE = 2**31 - 1


@dataclass(frozen=True)
class Bucketing:
    columns: list[str]
    count: int

    @classmethod
    def of(cls, properties: dict[str, Any], columns: Columns, keys: list[str]) -> "Bucketing | None":
        """What `bucketed_by` and `bucket_count` of CREATE TABLE AS say; raises QueryError where that is wrong."""
        named, count = properties.get("bucketed_by") or [], properties.get("bucket_count")
        if bool(named) != (count is not None):
            missing = "bucket_count" if named else "bucketed_by"
            raise QueryError(f"INVALID_TABLE_PROPERTY: {missing} must be set where the other of the two is")
        if not named:
            return None
        if int(count) < 1:
            raise QueryError("INVALID_TABLE_PROPERTY: bucket_count must be greater than 0")
        unknown = sorted(set(named) - {name.lower() for name, _ in columns} | set(named) & set(keys))
        if unknown:
            raise QueryError(f"INVALID_TABLE_PROPERTY: Bucketing columns {unknown} not present in schema")
        return cls(named, int(count))

    def numbered(self, sql: str, query: PreparedQuery) -> str:
        """The query with each row's bucket as a last column, BUCKET."""
        types = {name.lower(): kind.name for (name, _), kind in zip(query.columns, query.types, strict=True)}
        combined = "0"
        for name in self.columns:
            if types[name] not in _HASHES:
                raise not_supported(f"Bucketing by a column of the type {types[name]}")
            hashed = _HASHES[types[name]].format(quoted(name), _LOW_32_BITS)
            combined = f"((31 * {combined} + coalesce({hashed}, 0)) & {_LOW_32_BITS})"
        return f"SELECT *, ({combined} & {_POSITIVE}) % {self.count} AS {BUCKET} FROM ({sql})"  # noqa: S608 - identifiers are quoted

    def described(self) -> dict[str, Any]:
        """Of a StorageDescriptor."""
        return {"BucketColumns": self.columns, "NumberOfBuckets": self.count}
