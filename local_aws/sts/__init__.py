"""STS: sessions of roles, whose credentials outlive the endpoint's process."""


def install() -> None:
    from moto.sts.models import sts_backends

    from local_aws.sts.models import LocalSTSBackend

    sts_backends.backend = LocalSTSBackend
