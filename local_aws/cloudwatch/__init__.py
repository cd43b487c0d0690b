"""CloudWatch: metrics are kept and computed, alarms evaluated, their messages sent."""


def install() -> None:
    from moto.cloudwatch.models import cloudwatch_backends

    from local_aws.cloudwatch import cloudformation  # noqa: F401 - moto finds loaded classes
    from local_aws.cloudwatch.models import LocalCloudWatchBackend

    cloudwatch_backends.backend = LocalCloudWatchBackend
