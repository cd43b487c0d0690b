"""Where moto finds the actions of the local SNS."""

from local_aws.sns.responses import LocalSNSResponse

url_bases = [r"https?://sns\.(.+)\.amazonaws\.com"]

url_paths = {
    "{0}/$": LocalSNSResponse.dispatch,
    "{0}/SimpleNotificationService-(?P<pem_id>[^/]+).pem": LocalSNSResponse.serve_pem,
}
