"""Redshift Serverless: a namespace is a database of the PostgreSQL server that plays Redshift."""

import re
import sys

MOTO_MODULE = "redshiftserverless"


def install() -> None:
    """Announce the service to moto, which has none of this name: where its host is, and the package behind it.

    Importing `cloudformation` registers its resource types.
    """
    from moto import backend_index

    from local_aws.redshift_serverless import cloudformation, models  # noqa: F401 - moto finds loaded classes

    sys.modules[f"moto.{MOTO_MODULE}"] = models
    entry = (MOTO_MODULE, re.compile(r"https?://redshift-serverless\.(.+)\.amazonaws\.com"))
    if entry not in backend_index.backend_url_patterns:
        backend_index.backend_url_patterns.append(entry)
