"""SNS: moto's topics, whose messages reach queues and functions."""


def install() -> None:
    from moto.sns.models import sns_backends

    from local_aws.sns.models import LocalSNSBackend

    sns_backends.backend = LocalSNSBackend
