"""Where moto finds the actions of the local Parameter Store."""

from local_aws.ssm.responses import LocalSSMResponse

url_bases = [r"https?://ssm\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": LocalSSMResponse.dispatch}
