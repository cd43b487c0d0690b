"""DynamoDB: items in a database, where every request is one transaction, on disk before it is acknowledged."""


def install() -> None:
    """Hand the backend to moto."""
    from moto.dynamodb.models import dynamodb_backends

    # moto finds the resource types of CloudFormation among the classes that are loaded.
    import local_aws.dynamodb.cloudformation  # noqa: F401
    from local_aws.dynamodb.models import LocalDynamoDbBackend

    dynamodb_backends.backend = LocalDynamoDbBackend
