"""The local Glue: moto's data catalog with crawlers that crawl and jobs that run."""


def install() -> None:
    """Hand the local backend and the CloudFormation types of Glue to moto."""
    from moto.glue.models import glue_backends

    from local_aws.glue import cloudformation  # noqa: F401  moto finds the resource types once they are imported
    from local_aws.glue.models import LocalGlueBackend

    glue_backends.backend = LocalGlueBackend
