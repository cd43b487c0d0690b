"""SearchTables: tables of all databases, by a text and by their properties.

Source: Glue API reference, SearchTables and PropertyPredicate.
"""

from typing import Any

from local_aws.glue.exceptions import InvalidInputError

_PROPERTIES = ("Name", "DatabaseName", "Description", "Owner", "TableType")
_REFUSED = ("SortCriteria", "ResourceShareType")


def matching_tables(tables: list[dict[str, Any]], request: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables, as GetTable answers them, that a request of SearchTables asks for."""
    for name in _REFUSED:
        if request.get(name):
            raise InvalidInputError(f"{name} of SearchTables is not supported by the local endpoint.")
    predicates = request.get("Filters") or []
    for predicate in predicates:
        if predicate.get("Comparator", "EQUALS") != "EQUALS" or predicate["Key"] not in _PROPERTIES:
            raise InvalidInputError(
                f"The local endpoint searches tables by EQUALS and one of {', '.join(_PROPERTIES)}, not by {predicate}."
            )
    return [
        table
        for table in tables
        if _has_text(table, request.get("SearchText") or "")
        and all(table.get(predicate["Key"]) == predicate["Value"] for predicate in predicates)
    ]


def _has_text(table: dict[str, Any], text: str) -> bool:
    """Text in quotes is the whole of a name, description or value; other text is a part of it."""
    values = [value.lower() for value in _texts(table)]
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].lower() in values
    return any(text.lower() in value for value in values)


def _texts(table: dict[str, Any]) -> list[str]:
    columns = (table.get("StorageDescriptor") or {}).get("Columns") or []
    named = [
        entry.get(key)
        for entry in (table, *columns, *(table.get("PartitionKeys") or []))
        for key in ("Name", "DatabaseName", "Description", "Comment")
    ]
    return [value for value in (*named, *(table.get("Parameters") or {}).values()) if value]
