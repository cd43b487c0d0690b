"""The health check of the containers: `python -m stack.healthy aws` exits with 0 if the named process is healthy.

Needs nothing but the standard library, because it runs every few seconds in every container.
"""

import json
import os
import sys
from typing import Any
from urllib.request import urlopen


def is_healthy(process: str) -> bool:
    """Whether the endpoint answers, or Airflow's API says that the named one of its processes is alive."""
    if process == "aws":
        return _get(os.environ["LAKEHOUSE_AWS_URL"] + "/_lakehouse/health").status == 200
    health = json.load(_get(os.environ["LAKEHOUSE_AIRFLOW_URL"] + "/api/v2/monitor/health"))
    component = process.removeprefix("airflow-").replace("-", "_")
    return component == "api_server" or health[component]["status"] == "healthy"


def _get(url: str) -> Any:
    return urlopen(url, timeout=5)  # noqa: S310 - the URL is the deployment's own


if __name__ == "__main__":
    try:
        sys.exit(not is_healthy(sys.argv[1]))
    except OSError as error:
        sys.exit(str(error))
