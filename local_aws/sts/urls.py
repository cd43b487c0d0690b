"""Where moto finds the actions of the local STS."""

from local_aws.sts.responses import LocalTokenResponse

url_bases = [r"https?://sts\.(.*\.)?amazonaws\.com"]

url_paths = {"{0}/$": LocalTokenResponse.dispatch}
