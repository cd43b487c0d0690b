"""Glue TableInput from a CREATE EXTERNAL TABLE statement, and the storage formats that the engine knows."""

from typing import Any

from sqlglot import exp

from local_aws.athena.sql.errors import QueryError, not_supported

TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
LAZY_SIMPLE_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPENX_JSON_SERDE = "org.openx.data.jsonserde.JsonSerDe"
PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
FORMATS = {
    "PARQUET": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        PARQUET_SERDE,
    ),
    "TEXTFILE": (TEXT_INPUT, TEXT_OUTPUT, LAZY_SIMPLE_SERDE),
    "JSON": (TEXT_INPUT, TEXT_OUTPUT, OPENX_JSON_SERDE),
}
SERDES = {
    PARQUET_SERDE,
    LAZY_SIMPLE_SERDE,
    OPENX_JSON_SERDE,
    "org.apache.hive.hcatalog.data.JsonSerDe",
    "org.apache.hadoop.hive.serde2.OpenCSVSerde",
}
_TABLE_PROPERTIES = (
    exp.ExternalProperty,
    exp.PartitionedByProperty,
    exp.ClusteredByProperty,
    exp.RowFormatSerdeProperty,
    exp.RowFormatDelimitedProperty,
    exp.SerdeProperties,
    exp.FileFormatProperty,
    exp.LocationProperty,
    exp.SchemaCommentProperty,
    exp.Property,
)


def is_iceberg_statement(create: exp.Create) -> bool:
    """Whether its properties say so: `'table_type' = 'ICEBERG'`."""
    properties = create.args["properties"].expressions if create.args.get("properties") else []
    return any(
        type(item) is exp.Property
        and item.this.name.lower() == "table_type"
        and item.args["value"].name.upper() == "ICEBERG"
        for item in properties
    )


def table_input(name: str, columns: list[dict[str, str]], keys: list[dict[str, str]], **storage: Any) -> dict[str, Any]:
    """TableInput of an external table. `storage`: descriptor (StorageDescriptor's parts) and parameters."""
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", **storage["parameters"]},
        "PartitionKeys": keys,
        "StorageDescriptor": {"Columns": columns, **storage["descriptor"]},
    }


def storage_descriptor(location: str, file_format: str, serde_parameters: dict[str, str]) -> dict[str, Any]:
    input_format, output_format, serde = FORMATS[file_format]
    return {
        "Location": location,
        "InputFormat": input_format,
        "OutputFormat": output_format,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": serde_parameters},
    }


def parse_create_table(create: exp.Create, name: str) -> dict[str, Any]:
    """TableInput of a CREATE EXTERNAL TABLE; raises QueryError for what the engine could not read back."""
    properties = list(create.args["properties"].expressions) if create.args.get("properties") else []
    known = {kind: [item for item in properties if type(item) is kind] for kind in _TABLE_PROPERTIES}
    unknown = [item for item in properties if type(item) not in known]
    if unknown:
        raise not_supported(f"CREATE TABLE with {type(unknown[0]).__name__.removesuffix('Property')}")
    parameters = {item.this.name: item.args["value"].name for item in known[exp.Property]}
    if not known[exp.ExternalProperty]:
        raise QueryError("External keyword required for table type HIVE")
    if not known[exp.LocationProperty]:
        raise QueryError("FAILED: SemanticException LOCATION is required for an external table")
    if not isinstance(create.this, exp.Schema):
        raise QueryError("FAILED: SemanticException A table needs a list of columns")
    comments = [item.this.name for item in known[exp.SchemaCommentProperty]]
    keys = [column for item in known[exp.PartitionedByProperty] for column in column_definitions(item.this)]
    location = known[exp.LocationProperty][0].this.name
    columns = column_definitions(create.this)
    descriptor = {"Location": location, **_formats(known), **_buckets(known[exp.ClusteredByProperty], columns)}
    if comments:
        parameters["comment"] = comments[0]
    return table_input(name, columns, keys, descriptor=descriptor, parameters=parameters)


def _buckets(clauses: list[exp.Expression], columns: list[dict[str, str]]) -> dict[str, Any]:
    """Of a StorageDescriptor, as CLUSTERED BY (…) INTO n BUCKETS says."""
    if not clauses:
        return {}
    if clauses[0].args.get("sorted_by"):
        raise not_supported("SORTED BY")
    named = [column.name.lower() for column in clauses[0].expressions]
    unknown = sorted(set(named) - {column["Name"] for column in columns})
    if unknown:
        raise QueryError(f"FAILED: SemanticException [Error 10002]: Invalid column reference {unknown[0]}")
    return {"BucketColumns": named, "NumberOfBuckets": int(clauses[0].args["buckets"].name)}


def column_definitions(schema: exp.Schema) -> list[dict[str, str]]:
    """Glue's columns of a list of column definitions."""
    columns = []
    for definition in schema.expressions:
        if not isinstance(definition, exp.ColumnDef):
            raise QueryError(f"SYNTAX_ERROR: column '{definition.name}' has no type")
        comments = [
            item.kind.this.name for item in definition.constraints if isinstance(item.kind, exp.CommentColumnConstraint)
        ]
        column = {"Name": definition.name.lower(), "Type": hive_spelling(definition.kind)}
        columns.append(column | ({"Comment": comments[0]} if comments else {}))
    return columns


def hive_spelling(kind: exp.DataType) -> str:
    """`struct<x:int,y:string>`, as Glue keeps types; Hive has no time of day, which sqlglot writes as a timestamp."""
    if any(part.is_type("time") for part in kind.find_all(exp.DataType)):
        raise QueryError("Unsupported Hive type: time")
    return kind.sql("hive").lower().replace(": ", ":").replace(", ", ",")


def _formats(known: dict[type, list[exp.Expression]]) -> dict[str, Any]:
    delimited, serdes = known[exp.RowFormatDelimitedProperty], known[exp.RowFormatSerdeProperty]
    file_format = known[exp.FileFormatProperty][0].this if known[exp.FileFormatProperty] else exp.Var(this="TEXTFILE")
    if isinstance(file_format, exp.InputOutputFormat):
        names = [file_format.args[part].name for part in ("input_format", "output_format")]
        serde = ""
    else:
        if file_format.name.upper() not in FORMATS:
            raise not_supported(f"STORED AS {file_format.name.upper()}")
        *names, serde = FORMATS[file_format.name.upper()]
    parameters = _delimiters(delimited[0]) if delimited else {}
    if serdes:
        serde = serdes[0].this.name
        options = serdes[0].args.get("serde_properties")
        parameters = {item.this.name: item.args["value"].name for item in options.expressions} if options else {}
    if serde not in SERDES:
        raise not_supported(f"The SerDe '{serde}'")
    return {
        "InputFormat": names[0],
        "OutputFormat": names[1],
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters},
    }


def _delimiters(row_format: exp.RowFormatDelimitedProperty) -> dict[str, str]:
    names = {
        "fields": "field.delim",
        "escaped": "escape.delim",
        "lines": "line.delim",
        "null": "serialization.null.format",
    }
    found = {names[part]: row_format.args[part].name for part in names if row_format.args.get(part)}
    return found | ({"serialization.format": found["field.delim"]} if "field.delim" in found else {})
