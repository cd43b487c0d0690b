"""Objects that know when they changed, so that only what changed is written."""

from collections.abc import Hashable
from itertools import count
from typing import Any

# Never the same number twice: of two changes at once, whichever is noted last is another one than before.
_ticks = count()


class Revision:
    """The number of the last change of an object and its dictionaries."""

    def __init__(self) -> None:
        self.number = next(_ticks)

    def advance(self) -> None:
        self.number = next(_ticks)


class TrackedDict(dict[Any, Any]):
    """A dictionary whose changes are those of the object that holds it."""

    def __init__(self, *entries: Any) -> None:
        super().__init__(*entries)
        self.revision = Revision()

    def __reduce__(self) -> tuple[type, tuple[dict[Any, Any]]]:
        return TrackedDict, (dict(self),)

    def __setitem__(self, key: Hashable, value: Any) -> None:
        super().__setitem__(key, value)
        self.revision.advance()

    def __delitem__(self, key: Hashable) -> None:
        super().__delitem__(key)
        self.revision.advance()

    def __ior__(self, other: Any) -> "TrackedDict":
        self.update(other)
        return self

    def pop(self, *arguments: Any) -> Any:
        value = super().pop(*arguments)
        self.revision.advance()
        return value

    def popitem(self) -> tuple[Any, Any]:
        item = super().popitem()
        self.revision.advance()
        return item

    def setdefault(self, key: Hashable, default: Any = None) -> Any:
        value = super().setdefault(key, default)
        self.revision.advance()
        return value

    def update(self, *arguments: Any, **entries: Any) -> None:
        super().update(*arguments, **entries)
        self.revision.advance()

    def clear(self) -> None:
        super().clear()
        self.revision.advance()


class Tracked:
    """Notes the assignment of each attribute, and every change of a dictionary that is one.

    What lies deeper is not noticed: it is replaced as a whole, or it is a `Tracked` whose revision is asked for too.
    """

    _revision: Revision

    def __setattr__(self, name: str, value: Any) -> None:
        revision = self.__dict__.get("_revision") or self.__dict__.setdefault("_revision", Revision())
        if isinstance(value, dict):
            value = value if isinstance(value, TrackedDict) else TrackedDict(value)
            value.revision = revision
        super().__setattr__(name, value)
        revision.advance()

    @property
    def revision(self) -> int:
        """Another number after each change."""
        return self._revision.number

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_revision"}

    def __setstate__(self, attributes: dict[str, Any]) -> None:
        for name, value in attributes.items():
            setattr(self, name, value)
