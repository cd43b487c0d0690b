"""Which requests change the local Lambda, and how its functions and mappings are kept."""

from typing import TYPE_CHECKING

from local_aws.awslambda.lock import lambda_lock
from local_aws.state.declaration import Collection, ServiceState
from local_aws.state.operations import is_reading_method

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def is_about_functions(environ: "WSGIEnvironment") -> bool:
    """An invocation changes nothing here: events that wait for theirs are kept by their queue."""
    return not (is_reading_method(environ) or environ["PATH_INFO"].rstrip("/").endswith("/invocations"))


STATE = ServiceState(
    is_changing=is_about_functions,
    collections=(Collection("functions"), Collection("mappings")),
    lock=lambda_lock,
)
