"""The table properties that Athena allows for Iceberg tables, and Iceberg's names for them.

Athena takes a fixed list (user guide, "Create Iceberg tables", "Specify table properties", and CREATE TABLE AS).
Iceberg knows no counterpart of the thresholds of OPTIMIZE: they are kept under names of Athena's own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.athena.sql.errors import QueryError, not_supported

TABLE_TYPE = "table_type"
DATA_FILE_THRESHOLD = "athena.optimize.rewrite.data-file-threshold"
DELETE_FILE_THRESHOLD = "athena.optimize.rewrite.delete-file-threshold"
MIN_DATA_FILE_SIZE = "athena.optimize.rewrite.min-data-file-size-bytes"
MAX_DATA_FILE_SIZE = "athena.optimize.rewrite.max-data-file-size-bytes"
MIN_SNAPSHOTS = "history.expire.min-snapshots-to-keep"
MAX_SNAPSHOT_AGE = "history.expire.max-snapshot-age-ms"
MAX_METADATA_FILES = "write.metadata.previous-versions-max"
TARGET_FILE_SIZE = "write.target-file-size-bytes"
COMPRESSION = "write.parquet.compression-codec"
DATA_PATH = "write.data.path"
OBJECT_STORAGE_PATH = "write.object-storage.path"
OBJECT_STORAGE_ENABLED = "write.object-storage.enabled"
DATA_PATH_ENABLED = "write_data_path_enabled"
COMMENT = "comment"

DEFAULT_TARGET_FILE_SIZE_BYTES = 536_870_912
DEFAULT_COMPRESSION = "zstd"
_CODECS = {"gzip": "gzip", "snappy": "snappy", "zstd": "zstd", "none": "uncompressed", "uncompressed": "uncompressed"}
_TEN_GIGABYTES = 10 * 1024**3


@dataclass(frozen=True)
class _Property:
    """`factor`: how many of Iceberg's units are one of Athena's, of a number."""

    iceberg_name: str
    converted: Callable[[str, str], str]
    factor: int = 1


def _format(_: str, value: str) -> str:
    if value.lower() != "parquet":
        raise not_supported(f"The format {value.upper()} of Iceberg tables")
    return "parquet"


def _codec(name: str, value: str) -> str:
    if value.lower() not in _CODECS:
        raise QueryError(f"Invalid value of table property {name}: {value}: write one of {', '.join(_CODECS)}")
    return _CODECS[value.lower()]


def _positive(limit: int | None = None) -> Callable[[str, str], str]:
    def convert(name: str, value: str) -> str:
        if not value.isdecimal() or int(value) < 1 or (limit is not None and int(value) >= limit):
            wanted = "a positive number" + (f" below {limit}" if limit is not None else "")
            raise QueryError(f"Invalid value of table property {name}: {value}: write {wanted}")
        return value

    return convert


def _text(_: str, value: str) -> str:
    return value


_PROPERTIES = {
    "format": _Property("write.format.default", _format),
    "write_compression": _Property(COMPRESSION, _codec),
    "compression_level": _Property("write.parquet.compression-level", _positive(23)),
    "write_target_data_file_size_bytes": _Property(TARGET_FILE_SIZE, _positive()),
    "optimize_rewrite_min_data_file_size_bytes": _Property(MIN_DATA_FILE_SIZE, _positive(_TEN_GIGABYTES)),
    "optimize_rewrite_max_data_file_size_bytes": _Property(MAX_DATA_FILE_SIZE, _positive(_TEN_GIGABYTES)),
    "optimize_rewrite_data_file_threshold": _Property(DATA_FILE_THRESHOLD, _positive(50)),
    "optimize_rewrite_delete_file_threshold": _Property(DELETE_FILE_THRESHOLD, _positive(50)),
    "vacuum_min_snapshots_to_keep": _Property(MIN_SNAPSHOTS, _positive()),
    "vacuum_max_snapshot_age_seconds": _Property(MAX_SNAPSHOT_AGE, _positive(), factor=1000),
    "vacuum_max_metadata_files_to_keep": _Property(MAX_METADATA_FILES, _positive()),
}
_ATHENA_NAMES = {known.iceberg_name: name for name, known in _PROPERTIES.items()}
# What Spark and Athena leave in the properties of any table that they make.
_UNSHOWN = {"owner", COMMENT, DATA_PATH, OBJECT_STORAGE_ENABLED, OBJECT_STORAGE_PATH}
# Allowed in ALTER TABLE only (user guide, "ALTER TABLE SET TBLPROPERTIES" for Iceberg).
_PATHS = {DATA_PATH: _Property(DATA_PATH, _text), OBJECT_STORAGE_PATH: _Property(OBJECT_STORAGE_PATH, _text)}


def created_properties(given: dict[str, Any], location: str) -> dict[str, str]:
    """Iceberg's properties of a table that Athena creates, from those of its statement.

    Athena's own tables have hashed data paths, under the property of that name which Iceberg deprecated unless
    `write_data_path_enabled` is true.
    """
    given = {name.lower(): str(value) for name, value in given.items()}
    data_path_enabled = given.pop(DATA_PATH_ENABLED, "false").lower()
    if data_path_enabled not in {"true", "false"}:
        raise QueryError(f"Invalid value of table property {DATA_PATH_ENABLED}: write true or false")
    if "compression_level" in given and "write_compression" not in given:
        raise QueryError("Compression codec must be defined when compression_level property is specified.")
    return {
        "write.format.default": "parquet",
        COMPRESSION: DEFAULT_COMPRESSION,
        OBJECT_STORAGE_ENABLED: "true",
        DATA_PATH if data_path_enabled == "true" else OBJECT_STORAGE_PATH: f"{location.rstrip('/')}/data",
        **_converted(given, _PROPERTIES),
    }


def changed_properties(given: dict[str, str]) -> dict[str, str]:
    """Iceberg's properties for ALTER TABLE SET TBLPROPERTIES."""
    return _converted(given, _PROPERTIES | _PATHS)


def _converted(given: dict[str, str], known: dict[str, _Property]) -> dict[str, str]:
    converted = {}
    for name, value in given.items():
        if name.lower() == TABLE_TYPE:
            continue
        if name.lower() not in known:
            raise QueryError(f"Unsupported table property key: {name}")
        entry = known[name.lower()]
        text = entry.converted(name.lower(), value)
        converted[entry.iceberg_name] = str(int(text) * entry.factor) if entry.factor != 1 else text
    return converted


def athena_properties(properties: Mapping[str, str]) -> dict[str, str]:
    """Those of a table's properties that Athena's statements know, under Athena's names."""
    shown = {
        _ATHENA_NAMES[name]: _in_athenas_unit(_ATHENA_NAMES[name], value)
        for name, value in properties.items()
        if name in _ATHENA_NAMES
    }
    has_data_path = properties.get(OBJECT_STORAGE_ENABLED) == "true" and DATA_PATH in properties
    return shown | {DATA_PATH_ENABLED: "true"} if has_data_path else shown


def _in_athenas_unit(name: str, value: str) -> str:
    factor = _PROPERTIES[name].factor
    return str(int(value) // factor) if factor != 1 else value


def unknown_property(properties: Iterable[str]) -> str | None:
    """The first of Iceberg's names that Athena's CREATE TABLE cannot say, and that another engine has set."""
    return next((name for name in properties if name not in _ATHENA_NAMES and name not in _UNSHOWN), None)


def removed_properties(names: Iterable[str]) -> list[str]:
    """Iceberg's names for ALTER TABLE UNSET TBLPROPERTIES."""
    known = _PROPERTIES | _PATHS
    unknown = next((name for name in names if name.lower() not in known), None)
    if unknown is not None:
        raise QueryError(f"Table property {unknown} is not supported by Athena")
    return [known[name.lower()].iceberg_name for name in names]


def is_allowed_in_ctas(name: str) -> bool:
    return name.lower() in _PROPERTIES
