"""CloudWatch Logs: moto's groups and streams, and the metrics that lines become."""


def install() -> None:
    from moto.logs.models import logs_backends

    from local_aws.logs import cloudformation  # noqa: F401 - moto finds loaded classes
    from local_aws.logs.models import LocalLogsBackend

    logs_backends.backend = LocalLogsBackend
