"""Where moto finds the actions of the local Glue."""

from typing import Any

from local_aws.glue.responses import LocalGlueResponse

url_bases = [r"https?://glue\.(.+)\.amazonaws\.com"]


def answer_iceberg(*request: Any) -> Any:
    """PyIceberg is imported when it is first asked for, which the start of the endpoint need not wait for."""
    from local_aws.glue.iceberg import rest

    return rest.answer_iceberg(*request)


url_paths = {
    "{0}/$": LocalGlueResponse.dispatch,
    "{0}/iceberg/v1/(?P<path>.+)$": answer_iceberg,
    "{0}/(?P<mount>glue_[^/]+)/iceberg/v1/(?P<path>.+)$": answer_iceberg,
}
