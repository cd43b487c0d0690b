"""Where moto finds the actions of the local SQS."""

from local_aws.sqs.responses import LocalSQSResponse

url_bases = [r"https?://(.*\.)?(queue|sqs)\.(.*\.)?amazonaws\.com"]

url_paths = {
    "{0}/$": LocalSQSResponse.dispatch,
    r"{0}/(?P<account_id>\d+)/(?P<queue_name>[a-zA-Z0-9\-_\.]+)": LocalSQSResponse.dispatch,
}
