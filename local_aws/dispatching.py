"""Which service a request is for, and the application that answers for it."""

import importlib
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

KNOWN_HOSTS = 1024


def service_application(service: str) -> "WSGIApplication":
    """The `application` of the service package's module of that name, where it has one; else moto's."""
    module = f"local_aws.{service}.application"
    if find_spec(f"local_aws.{service}") and find_spec(module):
        return importlib.import_module(module).application
    return create_backend_app(service)


@lru_cache(KNOWN_HOSTS)
def _backend_of(host: str) -> Any:
    return DomainDispatcherApplication.get_backend_for_host(_plain, host)


class Dispatcher(DomainDispatcherApplication):
    """moto's dispatcher, which looks for a host's service on disk and in hundreds of patterns at each request."""

    def get_backend_for_host(self, host: str | None) -> Any:
        return None if host is None else _backend_of(host)


_plain = DomainDispatcherApplication(service_application)
