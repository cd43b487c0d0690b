"""Where moto finds the actions of the local IAM."""

from local_aws.iam.responses import LocalIamResponse

url_bases = [r"https?://iam\.(.*\.)?amazonaws\.com"]

url_paths = {"{0}/$": LocalIamResponse.dispatch}
