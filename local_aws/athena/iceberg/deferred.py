"""What is done with Iceberg tables, imported when the first one comes: PyIceberg takes most of a second to import."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def deferred(module: str, name: str) -> Callable[..., Any]:
    """A function of a module of this package, which is named from here: `statements.ddl`."""

    def call(*arguments: Any) -> Any:
        return getattr(import_module(f"local_aws.athena.iceberg.{module}"), name)(*arguments)

    return call
