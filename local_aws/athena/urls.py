"""Where moto finds the actions of the local Athena."""

from typing import Any

url_bases = [r"https?://athena\.(.+)\.amazonaws\.com"]


def _dispatch(*args: Any, **kwargs: Any) -> Any:
    from local_aws.athena.responses import LocalAthenaResponse

    return LocalAthenaResponse.dispatch(*args, **kwargs)


url_paths = {"{0}/$": _dispatch}
