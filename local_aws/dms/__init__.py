"""Database Migration Service: full loads that are carried out, by a process of their own each."""


def install() -> None:
    """Hand the executing backend to moto."""
    from moto.dms.models import dms_backends

    # moto finds the resource types of CloudFormation among the classes that are loaded.
    import local_aws.dms.cloudformation  # noqa: F401
    from local_aws.dms.models import LocalDmsBackend

    dms_backends.backend = LocalDmsBackend
