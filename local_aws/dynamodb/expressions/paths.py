"""Document paths: `address.lines[0]`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from local_aws.dynamodb.values import Item, Value

Step = str | int


@dataclass(frozen=True, slots=True)
class Path:
    """The name of an attribute, then names of a map's and places of a list's."""

    steps: tuple[Step, ...]

    @property
    def attribute(self) -> str:
        return str(self.steps[0])

    def find(self, item: Item) -> Value | None:
        """The value at the path; None where there is none."""
        value = item.get(self.steps[0])  # type: ignore[call-overload]
        for step in self.steps[1:]:
            if value is None:
                return None
            value = _inside(value, step)
        return value

    def __str__(self) -> str:
        return "[" + ", ".join(f"[{step}]" if isinstance(step, int) else step for step in self.steps) + "]"


def _inside(value: Value, step: Step) -> Value | None:
    if isinstance(step, str):
        return value["M"].get(step) if "M" in value else None
    content = value.get("L", ())
    return content[step] if step < len(content) else None


def overlapping(paths: Iterable[Path]) -> tuple[Path, Path] | None:
    """Two paths of which one leads to or through the other."""
    seen: list[Path] = []
    for path in paths:
        for other in seen:
            shared = min(len(path.steps), len(other.steps))
            if path.steps[:shared] == other.steps[:shared]:
                return other, path
        seen.append(path)
    return None


def project(item: Item, paths: Iterable[Path]) -> Item:
    """The parts of an item at the paths; those of a list come one after the other."""
    root: dict[Any, Any] = {}
    for path in paths:
        found = path.find(item)
        if found is not None:
            place = root
            for step in path.steps[:-1]:
                place = place.setdefault(step, {})
            place[path.steps[-1]] = _Found(found)
    return {name: _rebuilt(part) for name, part in root.items()}


@dataclass(frozen=True, slots=True)
class _Found:
    value: Value


def _rebuilt(part: Any) -> Value:
    if isinstance(part, _Found):
        return part.value
    if any(isinstance(step, int) for step in part):
        return {"L": [_rebuilt(part[place]) for place in sorted(part)]}
    return {"M": {name: _rebuilt(inner) for name, inner in part.items()}}
