"""Iceberg tables of a Glue database, by PyIceberg."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from lakehouse_aws.errors import LakeError
from lakehouse_aws.lake import LakeHook
from lakehouse_aws.sessions import SharedSessionHook

if TYPE_CHECKING:
    from pyiceberg.catalog.glue import GlueCatalog
    from pyiceberg.table import Table


class IcebergHook(SharedSessionHook):
    """Iceberg tables, with the credentials, region and endpoints of the Airflow connection.

    PyIceberg is imported where it is used: plugin modules are imported by every process of Airflow.
    """

    def __init__(self, *args: Any, database: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"client_type": "glue"})
        self.database = database

    @property
    def hook_arguments(self) -> dict[str, Any]:
        """What another hook of the same connection is made with."""
        return {
            "aws_conn_id": self.aws_conn_id,
            "region_name": self.region_name,
            "verify": self.verify,
            "config": self.config,
        }

    @cached_property
    def lake(self) -> LakeHook:
        return LakeHook(**self.hook_arguments)

    @cached_property
    def catalog(self) -> "GlueCatalog":
        """PyArrow's S3 is told what boto3 has found out: the endpoint, and the credentials of this moment."""
        from pyiceberg.catalog.glue import GlueCatalog

        credentials = self.get_credentials()
        s3 = {
            "s3.endpoint": self.lake.conn.meta.endpoint_url,
            "s3.region": self.conn_region_name,
            "s3.access-key-id": credentials.access_key,
            "s3.secret-access-key": credentials.secret_key,
            "s3.session-token": credentials.token,
        }
        return GlueCatalog("glue_catalog", client=self.conn, **{name: value for name, value in s3.items() if value})

    def table(self, name: str) -> "Table":
        """The table as its last commit left it; raises LakeError when the database has no Iceberg table of the name."""
        if table := self.find_table(name):
            return table
        raise LakeError(
            f"{self.database} has no Iceberg table {name}: it is there when the job that writes it has run."
        )

    def find_table(self, name: str) -> "Table | None":
        """The table as its last commit left it; None when the database has no Iceberg table of the name."""
        from pyiceberg.exceptions import NoSuchIcebergTableError, NoSuchPropertyException, NoSuchTableError

        try:
            return self.catalog.load_table((self.database, name))
        except (NoSuchTableError, NoSuchIcebergTableError, NoSuchPropertyException):
            return None
