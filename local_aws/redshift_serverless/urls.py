"""Where moto finds the actions of the local Redshift Serverless."""

from local_aws.redshift_serverless.responses import LocalRedshiftServerlessResponse

url_bases = [r"https?://redshift-serverless\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": LocalRedshiftServerlessResponse.dispatch}
