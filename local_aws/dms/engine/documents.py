"""Documents as DMS writes them: MongoDB's extended JSON of the kind with {"$date": milliseconds} and {"$oid": "…"}.

DMS's documentation shows numbers as they are (`"a" : 1`), which leaves the legacy form, that of the C driver's
bson_as_json, and the relaxed one, in which a date of 1970 to 9999 would be {"$date": "2024-01-01T00:00:00Z"}. It shows
no date.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Source.DocumentDB.html and
https://mongoc.org/libbson/current/legacy_extended_json.html
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from bson import json_util
from bson.json_util import LEGACY_JSON_OPTIONS
from bson.objectid import ObjectId

Document = Mapping[str, Any]


def _extended(value: Any) -> Any:
    return json_util.default(value, LEGACY_JSON_OPTIONS)


def _with_named_numbers(value: Any) -> Any:
    """NaN and infinities as {"$numberDouble": "NaN"}: plain JSON has no such numbers."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"$numberDouble": {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")}
    if isinstance(value, Mapping):
        return {name: _with_named_numbers(field) for name, field in value.items()}
    if isinstance(value, list):
        return [_with_named_numbers(item) for item in value]
    return value


def document_json(value: Any) -> str:
    try:
        return json.dumps(value, default=_extended, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(_with_named_numbers(value), default=_extended, ensure_ascii=False, allow_nan=False)


def identifier_text(identifier: Any) -> str:
    """A document's `_id`: the digits of an ObjectId, a string itself, anything else as JSON."""
    if isinstance(identifier, ObjectId | str):
        return str(identifier)
    return document_json(identifier)
