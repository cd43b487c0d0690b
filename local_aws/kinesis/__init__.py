"""Kinesis Data Streams: shards with their limits, and every record on disk before it is acknowledged."""


def install() -> None:
    """Hand the backend to moto."""
    from moto.kinesis.models import kinesis_backends

    # moto finds the resource types of CloudFormation among the classes that are loaded.
    import local_aws.kinesis.cloudformation  # noqa: F401
    from local_aws.kinesis.models import LocalKinesisBackend

    kinesis_backends.backend = LocalKinesisBackend
