"""The SQS API: moto's, over the local backend."""

from moto.sqs.responses import SQSResponse


class LocalSQSResponse(SQSResponse):
    """What moto's does not know is refused by its name."""
