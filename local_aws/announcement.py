"""Services that moto does not have."""

import re
import sys
from types import ModuleType


def announce(host: str, models: ModuleType) -> None:
    """Tell moto that there is a service: where its host is, and which module holds its `<service>_backends`.

    :param host: the first part of the service's host name, which is the name that requests are signed for
    """
    from moto import backend_index

    service = host.replace("-", "")
    sys.modules[f"moto.{service}"] = models
    entry = (service, re.compile(rf"https?://{re.escape(host)}\.(.+)\.amazonaws\.com"))
    if entry not in backend_index.backend_url_patterns:
        backend_index.backend_url_patterns.append(entry)
