"""Where HTTP APIs are served."""

import re

from local_aws.apigatewayv2.serving.application import answer
from local_aws.public_addresses import PublicAddress

PUBLIC_ADDRESS = PublicAddress(
    prefix="/_aws/execute-api/",
    host=re.compile(r"(?P<name>[a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(:\d+)?$"),
    answer=answer,
)
