"""Where buckets are served as websites."""

import re

from local_aws.public_addresses import PublicAddress
from local_aws.s3.websites.application import answer

PUBLIC_ADDRESS = PublicAddress(
    prefix="/_aws/s3-website/",
    host=re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]+)\.s3-website[.-][a-z0-9-]+\.amazonaws\.com(:\d+)?$"),
    answer=answer,
)
