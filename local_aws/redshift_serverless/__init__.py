"""Redshift Serverless: a namespace is a database of the PostgreSQL server that plays Redshift."""


def install() -> None:
    from local_aws.announcement import announce
    from local_aws.redshift_serverless import cloudformation, models  # noqa: F401 - moto finds loaded classes

    announce("redshift-serverless", models)
