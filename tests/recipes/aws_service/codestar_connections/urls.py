"""Where moto finds the actions of the local CodeStar Connections."""

from local_aws.codestar_connections.responses import LocalCodeStarConnectionsResponse

url_bases = [r"https?://codestar-connections\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": LocalCodeStarConnectionsResponse.dispatch}
