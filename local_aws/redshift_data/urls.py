from local_aws.redshift_data.responses import RedshiftDataResponse

url_bases = [r"https?://redshift-data\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": RedshiftDataResponse.dispatch}
