"""Arrow types as the crawler's own types: merged over files, and written as Hive types."""

import pyarrow as pa

HIVE_NAMES = {
    pa.bool_(): "boolean",
    pa.int8(): "tinyint",
    pa.int16(): "smallint",
    pa.uint8(): "smallint",
    pa.int32(): "int",
    pa.uint16(): "int",
    pa.int64(): "bigint",
    pa.uint32(): "bigint",
    pa.uint64(): "decimal(20,0)",
    pa.float16(): "float",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.date32(): "date",
    pa.date64(): "date",
    pa.binary(): "binary",
    pa.large_binary(): "binary",
}


def hive_type(data_type: pa.DataType) -> str:
    """The type as Glue and Hive write it. A type without a counterpart (time of day, null) becomes string or bigint."""
    if data_type in HIVE_NAMES:
        return HIVE_NAMES[data_type]
    if pa.types.is_decimal(data_type):
        return f"decimal({data_type.precision},{data_type.scale})"
    if pa.types.is_timestamp(data_type):
        return "timestamp"
    if pa.types.is_time(data_type):
        return "bigint"
    if pa.types.is_fixed_size_binary(data_type):
        return "binary"
    if pa.types.is_dictionary(data_type):
        return hive_type(data_type.value_type)
    if pa.types.is_map(data_type):
        return f"map<{hive_type(data_type.key_type)},{hive_type(data_type.item_type)}>"
    if _is_list(data_type):
        return f"array<{hive_type(data_type.value_type)}>"
    if pa.types.is_struct(data_type):
        return f"struct<{','.join(f'{field.name}:{hive_type(field.type)}' for field in data_type)}>"
    return "string"


def merged_type(first: pa.DataType, second: pa.DataType) -> pa.DataType:
    """A type that holds the values of both: the wider number, the union of structs, else string."""
    if first == second or pa.types.is_null(second):
        return first
    if pa.types.is_null(first):
        return second
    if pa.types.is_struct(first) and pa.types.is_struct(second):
        return pa.struct(merged_schema(pa.schema(list(first)), pa.schema(list(second))))
    if _is_list(first) and _is_list(second):
        return pa.list_(merged_type(first.value_type, second.value_type))
    if _is_number(first) and _is_number(second):
        return _wider_number(first, second)
    if pa.types.is_timestamp(first) and pa.types.is_timestamp(second):
        return first
    return pa.string()


def merged_schema(first: pa.Schema, second: pa.Schema) -> pa.Schema:
    """The columns of the first, then the further ones of the second."""
    fields = {field.name: field for field in first}
    for field in second:
        known = fields.get(field.name)
        fields[field.name] = pa.field(field.name, merged_type(known.type, field.type)) if known else field
    return pa.schema(list(fields.values()))


def _is_list(data_type: pa.DataType) -> bool:
    return pa.types.is_list(data_type) or pa.types.is_large_list(data_type) or pa.types.is_fixed_size_list(data_type)


def _is_number(data_type: pa.DataType) -> bool:
    return pa.types.is_integer(data_type) or pa.types.is_floating(data_type) or pa.types.is_decimal(data_type)


def _wider_number(first: pa.DataType, second: pa.DataType) -> pa.DataType:
    if pa.types.is_integer(first) and pa.types.is_integer(second):
        return max(first, second, key=lambda data_type: data_type.bit_width)
    if pa.types.is_decimal(first) and pa.types.is_decimal(second):
        scale = max(first.scale, second.scale)
        whole_digits = max(first.precision - first.scale, second.precision - second.scale)
        return pa.decimal128(min(whole_digits + scale, 38), scale)
    return pa.float64()
