"""The Redshift Data API over PostgreSQL: statements in Redshift's dialect really run, COPY and UNLOAD included."""


def install() -> None:
    from moto.redshiftdata.models import redshiftdata_backends

    from local_aws.redshift_data.models import LocalRedshiftDataBackend

    redshiftdata_backends.backend = LocalRedshiftDataBackend
