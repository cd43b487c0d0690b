"""Where moto finds the actions of the local CloudFormation."""

from local_aws.cloudformation.responses import LocalCloudFormationResponse

url_bases = [r"https?://cloudformation\.(.+)\.amazonaws\.com"]
url_paths = {"{0}/$": LocalCloudFormationResponse.dispatch}
