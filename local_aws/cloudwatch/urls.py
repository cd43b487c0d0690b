"""Where moto finds the actions of the local CloudWatch."""

from local_aws.cloudwatch.responses import LocalCloudWatchResponse

url_bases = [r"https?://monitoring\.(.+)\.amazonaws.com"]

url_paths = {"{0}/$": LocalCloudWatchResponse.dispatch}
