"""What one run of a task is told: everything that the engine process needs, as one JSON document."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Connection:
    """Where a source database is and who reads it. `ssl_mode` is one of DMS's: none, require."""

    host: str
    port: int
    database: str
    username: str | None
    password: str | None = field(repr=False)
    ssl_mode: str = "none"


@dataclass(frozen=True)
class PostgresSource:
    connection: Connection
    map_boolean_as_boolean: bool = False
    trim_space_in_char: bool = True
    execute_timeout_seconds: int = 0


@dataclass(frozen=True)
class MongoSource:
    """`nesting_level`: none (one JSON column) or one (a column per field, from the first `docs_to_investigate`)."""

    connection: Connection
    nesting_level: str = "none"
    extract_doc_id: bool = False
    docs_to_investigate: int = 1000
    auth_source: str = "admin"


@dataclass(frozen=True)
class S3Target:
    """Sizes: `max_file_size` in KB, the page sizes in bytes, `row_group_length` in rows."""

    bucket: str
    folder: str = ""
    data_format: str = "csv"
    compression_type: str = "none"
    parquet_version: str = "parquet-1-0"
    encoding_type: str = "rle-dictionary"
    enable_statistics: bool = True
    data_page_size: int = 1024 * 1024
    dict_page_size_limit: int = 1024 * 1024
    row_group_length: int | None = None
    parquet_timestamp_in_millisecond: bool = False
    timestamp_column_name: str | None = None
    use_task_start_time: bool = False
    include_op: bool = False
    add_column_name: bool = False
    csv_delimiter: str = ","
    max_file_size: int = 1024 * 1024


@dataclass(frozen=True)
class TaskSettings:
    """`lob_limit` is in bytes."""

    drop_and_create: bool = True
    max_full_load_sub_tasks: int = 8
    support_lobs: bool = True
    lob_limit: int = 32 * 1024
    fail_on_no_tables: bool = True
    is_logging_enabled: bool = False


@dataclass(frozen=True)
class LoadSpecification:
    source: PostgresSource | MongoSource
    target: S3Target
    table_mappings: str
    settings: TaskSettings

    def to_json(self) -> str:
        kind = "postgres" if isinstance(self.source, PostgresSource) else "mongodb"
        return json.dumps({"kind": kind, **asdict(self)})

    @classmethod
    def from_json(cls, document: str) -> Self:
        values: dict[str, Any] = json.loads(document)
        source_class = PostgresSource if values.pop("kind") == "postgres" else MongoSource
        connection = Connection(**values["source"].pop("connection"))
        return cls(
            source=source_class(connection=connection, **values["source"]),
            target=S3Target(**values["target"]),
            table_mappings=values["table_mappings"],
            settings=TaskSettings(**values["settings"]),
        )
