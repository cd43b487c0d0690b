"""Where moto finds the actions of the local Glue."""

from local_aws.glue.responses import LocalGlueResponse

url_bases = [r"https?://glue\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": LocalGlueResponse.dispatch}
