"""The local Athena: SQL over the lake's files, with the tables of the Glue catalog."""


def install() -> None:
    from moto.athena.models import athena_backends

    from local_aws.athena import cloudformation  # noqa: F401 - moto finds the resource types among the loaded classes
    from local_aws.athena.models import LocalAthenaBackend

    athena_backends.backend = LocalAthenaBackend
