"""How a service says which of its operations change its state, and how that state is kept.

Every service package has a module `state` with its `STATE`. Of moto's own services `moto_services` has what differs
from the default: an operation changes the state unless its name says that it reads, and the state is one record.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from threading import RLock
from typing import TYPE_CHECKING, Any

import local_aws
from local_aws.state.operations import is_changing_by_name, operation

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

EVERY_SERVICE = ("*",)


def never_known(entry: Any) -> None:
    """Of an entry that tells nothing of its changes: its content is compared at each save."""


def never_changes(entry: Any) -> bool:  # noqa: ARG001 - as every revision of an entry
    """Of an entry that is replaced by another and never changed."""
    return True


@dataclass(frozen=True)
class Collection:
    """A dictionary or list of a backend, or of an entry of another collection, whose entries are records of their own.

    An entry may hold its parents and its own collections; what else it shares with others is doubled by a restart. Keys
    are texts. `revision` gives a value that is another one after each change of the entry, or None where it does not
    know; what lies in `within` has revisions of its own, but is looked at only when the entry has changed.
    """

    attribute: str
    revision: Callable[[Any], Any] = never_known
    within: tuple["Collection", ...] = ()


@dataclass(frozen=True)
class ServiceState:
    """`lock` is held while the state is read: a service that changes it under a lock gives that one.

    `reaches` names further services whose state its requests change, and `operations_reach` those of some operations
    that change fewer. A service that is not `is_kept` has none.
    """

    is_changing: Callable[["WSGIEnvironment"], bool] = is_changing_by_name
    collections: tuple[Collection, ...] = ()
    reaches: tuple[str, ...] = ()
    operations_reach: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lock: AbstractContextManager[Any] = field(default_factory=RLock)
    is_kept: bool = True

    def reached_by(self, environ: "WSGIEnvironment") -> tuple[str, ...]:
        """The further services whose state the request may change."""
        if not self.operations_reach:
            return self.reaches
        return self.operations_reach.get(operation(environ) or "", self.reaches)


@cache
def declared_state(service: str) -> ServiceState:
    """The declaration of a service, by moto's name of it."""
    from local_aws.state.moto_services import STATES

    for package in iter_modules(local_aws.__path__):
        if package.name.replace("_", "") == service and find_spec(f"local_aws.{package.name}.state"):
            return import_module(f"local_aws.{package.name}.state").STATE
    return STATES.get(service, ServiceState())
