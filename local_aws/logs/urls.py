"""Where moto finds the actions of the local CloudWatch Logs."""

from local_aws.logs.responses import LocalLogsResponse

url_bases = [
    r"https?://logs\.(.+)\.amazonaws\.com",
    r"https?://stream-logs\.(.+)\.amazonaws\.com",
    r"https?://streaming-logs\.(.+)\.amazonaws\.com",
]

url_paths = {"{0}/$": LocalLogsResponse.dispatch}
