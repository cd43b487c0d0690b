"""SQS: moto's queues, for many clients at once."""


def install() -> None:
    from moto.sqs.models import sqs_backends

    from local_aws.sqs.models import LocalSQSBackend

    sqs_backends.backend = LocalSQSBackend
