"""Where moto finds the actions of the local EventBridge."""

from local_aws.events.responses import LocalEventsResponse

url_bases = [r"https?://events\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": LocalEventsResponse.dispatch}
