"""Which requests change the configuration of buckets: objects are files, and no state."""

import re
from typing import TYPE_CHECKING

from local_aws.state.declaration import ServiceState
from local_aws.state.operations import is_reading_method

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# A bucket and a key: a request about an object.
OBJECT_PATH = re.compile(r"/[^/]+/.+")


def is_about_configuration(environ: "WSGIEnvironment") -> bool:
    """Of the requests that change something: one to a bucket, but for the deletion of many objects by POST."""
    if is_reading_method(environ) or environ["REQUEST_METHOD"] == "POST":
        return False
    return not OBJECT_PATH.fullmatch(environ["PATH_INFO"])


STATE = ServiceState(is_changing=is_about_configuration)
