"""Where moto finds the actions of the local S3."""

from moto.s3.urls import url_bases as url_bases

from local_aws.s3.responses import LocalS3Response

url_paths = {
    "{0}/$": LocalS3Response.bucket_dispatch,
    "{0}/(?P<key_or_bucket_name>[^/]+)$": LocalS3Response.ambiguous_dispatch,
    "{0}/(?P<key_or_bucket_name>[^/]+)/$": LocalS3Response.ambiguous_dispatch,
    "{0}/(?P<bucket_name_path>[^/]+)/(?P<key_name>.+)": LocalS3Response.key_dispatch,
}
