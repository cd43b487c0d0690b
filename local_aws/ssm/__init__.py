"""Systems Manager: the parameters of moto's Parameter Store, and nothing else of the service."""


def install() -> None:
    from moto.ssm.models import ssm_backends

    from local_aws.ssm.models import LocalSSMBackend

    ssm_backends.backend = LocalSSMBackend
