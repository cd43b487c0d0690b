"""Where moto finds the actions of the local Redshift Data API."""

from local_aws.redshift_data.responses import LocalRedshiftDataResponse

url_bases = [r"https?://redshift-data\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": LocalRedshiftDataResponse.dispatch}
