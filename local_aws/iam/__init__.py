"""IAM: moto's, with the policies that AWS itself keeps, which `local_aws.access` evaluates like all others."""


def install() -> None:
    from moto.iam.models import iam_backends

    from local_aws.iam.models import LocalIAMBackend

    iam_backends.backend = LocalIAMBackend
