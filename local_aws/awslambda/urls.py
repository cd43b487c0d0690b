"""Where moto finds the actions of the local Lambda."""

from local_aws.awslambda.responses import LocalLambdaResponse

url_bases = [r"https?://lambda\.(.+)\.amazonaws\.com"]

# Each operation's path begins with the date of the API that brought it.
url_paths = {r"{0}/(?P<api_version>[0-9-]+)/(?P<rest>.+)$": LocalLambdaResponse.dispatch}
