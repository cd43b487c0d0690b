"""DynamoDB Streams: the changes of a table's items, in their order, for a day."""


def install() -> None:
    """Hand the backend to moto."""
    from moto.dynamodbstreams.models import dynamodbstreams_backends

    from local_aws.dynamodbstreams.models import LocalDynamoDbStreamsBackend

    dynamodbstreams_backends.backend = LocalDynamoDbStreamsBackend
