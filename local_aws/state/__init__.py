"""Keeps the control plane of every service on disk, so that a killed endpoint comes back with what it had acknowledged.

One database per service, `<data directory>/state/<service>.records`, to which a change writes the records that it made
others. A backend inside another backend's state is written as a reference, so that after loading there is one of it.
Objects' content is not state: it lies in the buckets' folders.
"""

import io
import logging
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from moto import backends as moto_backends
from moto.core.base_backend import BackendDict

from local_aws.settings import endpoint_settings
from local_aws.state.declaration import EVERY_SERVICE, declared_state
from local_aws.state.entries import Place, ServiceEntries, StateNotKeptError, is_about_a_change
from local_aws.state.pickling import service_of
from local_aws.state.records import SUFFIX, RecordFile, StateNotReadError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

READING_ATTEMPTS = 100
EARLIER_SUFFIX = ".pickle"


class _KeptService:
    """One service's entries and the file of their records."""

    def __init__(self, service: str) -> None:
        declaration = declared_state(service)
        self.lock = declaration.lock
        self.entries = ServiceEntries(service, declaration.collections)
        self.file = RecordFile(endpoint_settings().state_directory / f"{service}{SUFFIX}")

    def save(self) -> None:
        changes: dict[Place, bytes | None] = {}
        # Not held while writing: a caller may hold it already, and others go on meanwhile.
        with self.lock:
            try:
                self.entries.note_changes(changes)
            finally:
                self.file.add(changes)
        self.file.write()

    def load(self) -> None:
        self.file.add(dict.fromkeys(self.entries.load(self.file.read())))


_kept: dict[str, _KeptService] = {}
_kept_lock = threading.Lock()


def _kept_service(service: str) -> _KeptService:
    with _kept_lock:
        if service not in _kept:
            _kept[service] = _KeptService(service)
        return _kept[service]


def save(service: str) -> None:
    """Bring the changes of one service (`glue`, `dms`, …) to disk. Engines call it when a job changes state."""
    _kept_service(service.replace("_", "").replace("-", "")).save()


def save_all() -> None:
    """Bring the changes of every service in use to disk."""
    services = {service_of(backends.backend) for backends in list(BackendDict._instances)}
    for service in sorted(services):
        if declared_state(service).is_kept:
            try:
                save(service)
            except StateNotKeptError as error:
                log.warning("%s", error)


def load() -> None:
    """Read the state of all services, then tell the backends that what was running is not any more.

    Raises StateNotReadError.
    """
    directory = endpoint_settings().state_directory
    services = sorted(path.stem for path in directory.glob(f"*{SUFFIX}"))
    if any(directory.glob(f"*{EARLIER_SUFFIX}")):
        raise StateNotReadError("it was written by an earlier version of the endpoint")
    for service in services:
        try:
            _kept_service(service).load()
        except StateNotReadError:
            raise
        except Exception as error:
            raise StateNotReadError(f"{service}: {type(error).__name__}: {error}") from error
    for service in services:
        for _, _, backend in list(moto_backends.get_backend(service).iter_backends()):
            if hasattr(backend, "resume_after_restart"):
                backend.resume_after_restart()


def saving(service: str, application: "WSGIApplication") -> "WSGIApplication":
    """The application, saving the service's state before a changing request is answered."""
    declaration = declared_state(service)
    if not declaration.is_kept:
        return application

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not declaration.is_changing(environ):
            return _read(service, application, environ, start_response)
        reaches = declaration.reached_by(environ)
        answers = []
        response = application(environ, lambda *answer: answers.append(answer))
        _save_reach(service, reaches)
        start_response(*answers[-1])
        return response

    return respond


def _save_reach(service: str, reaches: tuple[str, ...]) -> None:
    if reaches == EVERY_SERVICE:
        save_all()
    else:
        for reached in (service, *reaches):
            save(reached)


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
            if not is_about_a_change(error):
                raise
    environ["wsgi.input"] = io.BytesIO(body)
    return application(environ, start_response)
