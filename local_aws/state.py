"""Keeps the control plane of every service on disk, so that a killed endpoint comes back with what it had acknowledged.

One file per service, `<data directory>/state/<service>.pickle`, replaced as a whole. A backend inside another backend's
state is written as a reference, so that after loading there is one of it. Objects' content is not state: it lies in the
buckets' folders.
"""

import importlib
import io
import logging
import os
import pickle
import threading
import time
from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.core.base_backend import BackendDict, BaseBackend

from local_aws.operations import is_mutating
from local_aws.settings import endpoint_settings
from local_aws.storage import atomic_file

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

# Moto's modules that hold no state of a service of their own.
STATELESS = {"moto_api", "instance_metadata", "s3bucket_path", "sts"}
# Services whose requests change other services. The value None stands for any of them.
REACHES = {
    "cloudformation": None,
    "resourcegroupstaggingapi": None,
    "sns": ("sns", "sqs"),
    "events": ("events", "sqs", "sns"),
}
RESTLESS_SECONDS = 60
READING_ATTEMPTS = 100

_FRESH = {
    type(threading.Lock()): threading.Lock,
    type(threading.RLock()): threading.RLock,
    threading.Event: threading.Event,
    threading.Condition: threading.Condition,
}


class StateNotKeptError(NotImplementedError):
    """A service of moto whose state cannot be written: its changes are not acknowledged."""


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> tuple[str, ...] | None:
        if isinstance(obj, BaseBackend):
            return service_of(type(obj)), obj.account_id, obj.region_name
        if isinstance(obj, BackendDict):
            return (service_of(obj.backend),)
        return None

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) in _FRESH:
            return _FRESH[type(obj)], ()
        if isinstance(obj, ModuleType):
            return importlib.import_module, (obj.__name__,)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: tuple[str, ...]) -> Any:
        service, *place = pid
        backends = get_backend(service)
        if not place:
            return backends
        account, region = place
        return backends[account][region]


class _ServiceFile:
    """One service's file. Saves that wait for each other share one write."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.path = endpoint_settings().state_directory / f"{service}.pickle"
        self.lock = threading.Lock()
        self.requested = 0
        self.written = 0

    def save(self) -> None:
        self.requested += 1
        request = self.requested
        with self.lock:
            if self.written >= request:
                return
            covered = self.requested
            content = self.snapshot()
            with atomic_file(self.path) as temporary, temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self.written = covered

    def snapshot(self) -> bytes:
        """Other threads go on changing the service: a dictionary that changed while it was read is read again.

        It comes to rest, as each of these threads then waits for this save.
        """
        deadline = time.monotonic() + RESTLESS_SECONDS
        while True:
            try:
                buffer = io.BytesIO()
                backends = get_backend(self.service)
                state = {
                    (account, region): vars(backend) for account, region, backend in list(backends.iter_backends())
                }
                _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(state)
                return buffer.getvalue()
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                raise StateNotKeptError(f"the endpoint cannot keep the state of {self.service} ({error})") from error
            except RuntimeError as error:
                if not _is_about_a_change(error) or time.monotonic() > deadline:
                    raise

    def load(self) -> None:
        with self.path.open("rb") as file:
            state = _Unpickler(file).load()
        backends = get_backend(self.service)
        for (account, region), attributes in state.items():
            vars(backends[account][region]).update(attributes)


_files: dict[str, _ServiceFile] = {}
_files_lock = threading.Lock()


def _file(service: str) -> _ServiceFile:
    with _files_lock:
        if service not in _files:
            _files[service] = _ServiceFile(service)
        return _files[service]


def service_of(backend: type[BaseBackend]) -> str:
    """Moto's name of the module that a backend or its subclass belongs to."""
    for ancestor in backend.__mro__:
        package, _, rest = ancestor.__module__.partition(".")
        module = rest.partition(".")[0]
        if package == "moto" and module != "core":
            return module
    return backend.__module__.split(".")[1].replace("_", "")


def save(service: str) -> None:
    """Write the state of one service (`glue`, `dms`, …) to disk. Engines call it when a job changes state."""
    _file(service.replace("_", "").replace("-", "")).save()


def save_all() -> None:
    """Write the state of every service in use."""
    services = {service_of(backends.backend) for backends in list(BackendDict._instances)}
    for service in sorted(services - STATELESS):
        try:
            save(service)
        except StateNotKeptError as error:
            log.warning("%s", error)


def load() -> None:
    """Read the state of all services, then tell the backends that what was running is not any more."""
    directory = endpoint_settings().state_directory
    services = sorted(path.stem for path in directory.glob("*.pickle"))
    for service in services:
        _file(service).load()
    for service in services:
        for _, _, backend in list(get_backend(service).iter_backends()):
            if hasattr(backend, "resume_after_restart"):
                backend.resume_after_restart()


def saving(service: str, application: "WSGIApplication") -> "WSGIApplication":
    """The application, saving the service's state before a mutating request is answered."""
    if service in STATELESS:
        return application

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not is_mutating(service, environ):
            return _read(service, application, environ, start_response)
        answers = []
        response = application(environ, lambda *answer: answers.append(answer))
        save_reach(service)
        start_response(*answers[-1])
        return response

    return respond


def _read(
    service: str, application: "WSGIApplication", environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterable[bytes]:
    """Answer a reading request; one that met a change by another thread, as moto's backends do not lock, reads again.

    S3's objects are on disk, and its requests about them stream.
    """
    if service == "s3":
        return application(environ, start_response)
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) if "wsgi.input" in environ else b""
    for _ in range(READING_ATTEMPTS):
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            return application(environ, start_response)
        except RuntimeError as error:
            if not _is_about_a_change(error):
                raise
    environ["wsgi.input"] = io.BytesIO(body)
    return application(environ, start_response)


def _is_about_a_change(error: RuntimeError) -> bool:
    """`dictionary changed size during iteration` and its kin."""
    return "during iteration" in str(error)


def save_reach(service: str) -> None:
    reach = REACHES.get(service, (service,))
    if reach is None:
        save_all()
    else:
        for reached in reach:
            save(reached)
