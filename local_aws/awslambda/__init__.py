"""Lambda: Python functions that run in worker processes, and event source mappings that read streams and queues."""


def install() -> None:
    """Hand the executing backend to moto."""
    from moto.awslambda.models import lambda_backends

    from local_aws.awslambda import cloudformation  # noqa: F401 - moto finds loaded classes
    from local_aws.awslambda.execution import clear_work_directories
    from local_aws.awslambda.models import LocalLambdaBackend

    lambda_backends.backend = LocalLambdaBackend
    clear_work_directories()
