"""The endpoint's process: moto's services behind one port, with backends that execute."""

import fcntl
import gc
import importlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, TextIO

from cheroot import wsgi

import local_aws
from local_aws import state
from local_aws.access.requests.application import authorizing
from local_aws.connections import STREAMS, Connection, Gateway, content_streams
from local_aws.failures import answering_failures
from local_aws.imports import defer_seldom_used_services, hide_pandas
from local_aws.public_addresses import REQUEST_THREADS, WAITING_PLACES, public_addresses, serving_public_addresses
from local_aws.refused_services import refusing_operations, refusing_service
from local_aws.services import is_served, served_services, service_packages
from local_aws.settings import endpoint_settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEALTH_PATH = "/_lakehouse/health"
# A thread is held by a request, not by an idle connection.
THREADS = REQUEST_THREADS + WAITING_PLACES + STREAMS
IDLE_CONNECTIONS = 1024
CONNECTION_BACKLOG = 1024
SOCKET_TIMEOUT_SECONDS = 60


def add_services(folders: Iterable[str]) -> None:
    """Make the packages of the folders packages of local_aws; a folder that is not there ends the process."""
    for folder in folders:
        if not Path(folder).is_dir():
            sys.exit(f"LAKEHOUSE_AWS_SERVICES names {folder}, which is no folder: name folders of service packages.")
        local_aws.__path__.append(folder)


def install_backends() -> None:
    """Hand every service package's backend to moto: each package of local_aws has an `install()`."""
    for service in service_packages():
        importlib.import_module(f"local_aws.{service}").install()


def with_health(application: "WSGIApplication") -> "WSGIApplication":
    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] != HEALTH_PATH:
            return application(environ, start_response)
        body = json.dumps({"status": "running", "services": served_services()}).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return respond


def create_application() -> "WSGIApplication":
    """The WSGI application of all services, with the state of an earlier process loaded."""
    # Read by moto when it is imported: no list of public machine images, no bucket names from host names.
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    os.environ.setdefault("S3_IGNORE_SUBDOMAIN_BUCKETNAME", "1")
    defer_seldom_used_services()
    from local_aws.access.container_credentials import with_container_credentials
    from local_aws.cloudformation.protection import protecting_stacks
    from local_aws.dispatching import Dispatcher, service_application
    from local_aws.glue.jobs.web_files import with_files_of_jobs
    from local_aws.s3.application import with_buckets_in_paths

    install_backends()
    state.load()

    packages = service_packages()

    def create_app(service: str | None) -> "WSGIApplication":
        if not is_served(service, packages):
            return refusing_service(service)
        application = protecting_stacks(service, state.saving(service, service_application(service)))
        application = authorizing(service, application)
        return answering_failures(service, refusing_operations(service, application))

    services = with_buckets_in_paths(Dispatcher(create_app))
    served = serving_public_addresses(public_addresses(packages), services)
    return with_health(with_container_credentials(with_files_of_jobs(served)))


def hold(data_directory: Path) -> TextIO:
    """The lock file of the data directory, held until the process ends. A second endpoint would undo the first's work.

    A record lock, as child processes do not inherit it.
    """
    data_directory.mkdir(parents=True, exist_ok=True)
    lock = (data_directory / "endpoint.lock").open("w")
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"Another endpoint is running over {data_directory}: stop it, or name another data directory.")
    return lock


def listen(host: str, port: int) -> wsgi.Server:
    """A server bound to its port. Requests wait until it serves; a taken port ends the process with one sentence."""
    server = wsgi.Server((host, port), None, numthreads=THREADS, request_queue_size=CONNECTION_BACKLOG)
    server.timeout = SOCKET_TIMEOUT_SECONDS
    server.gateway = Gateway
    server.ConnectionClass = Connection
    server.keep_alive_conn_limit = IDLE_CONNECTIONS
    try:
        server.prepare()
    except OSError as error:
        sys.exit(
            f"The endpoint cannot listen on {host}:{port} ({error}): stop the program that holds the port,"
            " or set LAKEHOUSE_AWS_PORT to a free one."
        )
    return server


def _application_of(data_directory: Path) -> "WSGIApplication":
    try:
        return create_application()
    except state.StateNotReadError as error:
        sys.exit(
            f"The endpoint cannot go on with the state in {data_directory} ({error}): run `make clean`,"
            " or name another data directory."
        )


def serve() -> None:
    """Answer requests until SIGTERM or SIGINT; requests under way are finished first.

    Garbage is collected from when the first request can be answered, and not among what is there by then.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    hide_pandas()
    settings = endpoint_settings()
    add_services(settings.service_folders)
    lock = hold(settings.data_directory)
    server = listen(settings.host, settings.port)
    # An exception raised by a signal handler could leave one of the server's locks taken, and the stop waiting for it.
    ended: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: ended.put(number))

    def stop_when_ended() -> None:
        ended.get()
        content_streams.end()
        server.stop()

    stopping = threading.Thread(target=stop_when_ended)
    stopping.start()
    try:
        server.wsgi_app = _application_of(settings.data_directory)
        gc.freeze()
        gc.enable()
        server.serve()
    finally:
        ended.put(0)
        stopping.join()
        lock.close()
