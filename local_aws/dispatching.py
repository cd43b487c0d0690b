"""Which service a request is for, and the application that answers for it."""

import importlib
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication

KNOWN_HOSTS = 1024


def service_application(service: str) -> "WSGIApplication":
    """The `application` of the service package's module of that name, where it has one; else moto's."""
    module = f"local_aws.{service}.application"
    if find_spec(f"local_aws.{service}") and find_spec(module):
        return importlib.import_module(module).application
    return create_backend_app(service)


class Dispatcher(DomainDispatcherApplication):
    """moto's dispatcher, which looks for a host's service on disk and in hundreds of patterns at each request."""

    def __init__(self, create_app: "Callable[[str], WSGIApplication]") -> None:
        super().__init__(create_app)
        self.get_backend_for_host = lru_cache(KNOWN_HOSTS)(self.get_backend_for_host)
