"""Where moto finds the actions of the local Kinesis."""

from moto.kinesis.urls import url_bases

from local_aws.kinesis.responses import LocalKinesisResponse

url_paths = {"{0}/$": LocalKinesisResponse.dispatch}

__all__ = ["url_bases", "url_paths"]
