"""The health of the endpoint, the market data API, the trade feed and Airflow's processes, by HTTP.

`python -m stack.healthy aws` exits with 0 if the named process is healthy: the health check of the containers. Needs
nothing but the standard library, because it runs every few seconds in every container.
"""

import json
import os
import sys
import uuid
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

AIRFLOW_COMPONENTS = {
    "airflow-api-server": "metadatabase",
    "airflow-scheduler": "scheduler",
    "airflow-dag-processor": "dag_processor",
    "airflow-triggerer": "triggerer",
}
_BUCKET = "lakehouse-health"
_NOT_FOUND = 404
# On a busy machine Airflow may take long to answer, and a restart would make it longer.
_TIMEOUT_SECONDS = 30


class UnhealthyError(OSError):
    """A process answers and does not do its work."""


def check_endpoint(url: str) -> None:
    """Write an object and read it again. Raises OSError when that fails."""
    token = uuid.uuid4().hex.encode()
    object_url = f"{url}/{_BUCKET}/token"
    try:
        _call("PUT", object_url, token)
    except HTTPError as error:
        if error.code != _NOT_FOUND:
            raise
        _call("PUT", f"{url}/{_BUCKET}")
        _call("PUT", object_url, token)
    if _call("GET", object_url) != token:
        raise UnhealthyError("S3 gave back another object than was written")


def check_market_data(url: str) -> None:
    """Ask for the health that needs no key. Raises OSError when there is no answer, or not that of the API."""
    _check_own_health("market data API", url)


def check_trade_feed(url: str) -> None:
    """The same of the trade feed."""
    _check_own_health("trade feed", url)


def check_airflow(url: str, process: str) -> None:
    """Ask the API server how old what a process last wrote into its database is. Raises OSError when it is too old."""
    health: dict[str, Any] = json.loads(_call("GET", f"{url}/api/v2/monitor/health"))
    component = AIRFLOW_COMPONENTS[process]
    status = health[component]["status"]
    if status != "healthy":
        raise UnhealthyError(f"Airflow says that the {component} is {status}")


def _check_own_health(name: str, url: str) -> None:
    if json.loads(_call("GET", f"{url}/_lakehouse/health"))["status"] != "healthy":
        raise UnhealthyError(f"the {name} says that it is not healthy")


def _call(method: str, url: str, body: bytes | None = None) -> bytes:
    request = Request(url, body, method=method)  # noqa: S310 - the URL is the deployment's own
    with urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
        return response.read()


if __name__ == "__main__":
    try:
        if sys.argv[1] == "aws":
            check_endpoint(os.environ["LAKEHOUSE_AWS_URL"])
        elif sys.argv[1] == "market-data-api":
            check_market_data(os.environ["LAKEHOUSE_MARKET_DATA_URL"])
        elif sys.argv[1] == "trade-feed":
            check_trade_feed(os.environ["LAKEHOUSE_FINNHUB_URL"].replace("ws", "http", 1))
        else:
            check_airflow(os.environ["LAKEHOUSE_AIRFLOW_URL"], sys.argv[1])
    except OSError as error:
        sys.exit(str(error))
