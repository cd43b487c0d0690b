"""What a rule's target gets of an event: the event, a part of it, a constant, or a text with parts of it.

Source: EventBridge user guide, Amazon EventBridge input transformation.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.-]+)>")
_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]")
_INSIDE_TEXT = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)


def target_input(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """The message. A template that is one text is sent with its quotation marks, as EventBridge does it."""
    if target.get("Input") is not None:
        return target["Input"]
    if target.get("InputPath"):
        return json.dumps(find(event, target["InputPath"]))
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    values = {name: find(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    return _filled(transformer["InputTemplate"], values)


def find(event: Any, path: str) -> Any:
    """The value at a path such as `$.resources[0]`; None where there is none."""
    for name, index in _STEP.findall(path.removeprefix("$")):
        if index:
            event = event[int(index)] if isinstance(event, list) and len(event) > int(index) else None
        else:
            event = event.get(name) if isinstance(event, Mapping) else None
    return event


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """Inside of texts the values stand as they are, with JSON's escapes; elsewhere they are JSON."""
    inside = _INSIDE_TEXT.sub(lambda text: PLACEHOLDER.sub(lambda name: _as_text(values, name), text[0]), template)
    return PLACEHOLDER.sub(lambda name: json.dumps(values[name[1]]) if name[1] in values else name[0], inside)


def _as_text(values: Mapping[str, Any], name: re.Match[str]) -> str:
    if name[1] not in values:
        return name[0]
    value = values[name[1]]
    if value is None:
        return ""
    return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]
