"""Where moto finds the actions of the local DMS."""

from moto.dms.urls import url_bases

from local_aws.dms.responses import LocalDmsResponse

url_paths = {"{0}/$": LocalDmsResponse.dispatch}

__all__ = ["url_bases", "url_paths"]
