"""What engines ask of Glue's catalog on somebody's behalf."""

from local_aws.access.authorization import authorize
from local_aws.access.principals import RoleSession, current_principal


class CatalogAccess:
    """The catalog of one region: an entry needs the permission on all that it lies in, too."""

    def __init__(self, account_id: str, region: str) -> None:
        self.prefix = f"arn:aws:glue:{region}:{account_id}:"

    def catalog(self, action: str, *entries: str) -> None:
        """Raises AccessDeniedError where who acts may not do it with the catalog and its entries, `database/sales`."""
        if isinstance(current_principal(), RoleSession):
            for entry in ("catalog", *entries):
                authorize(f"glue:{action}", f"{self.prefix}{entry}")

    def database(self, action: str, name: str) -> None:
        self.catalog(action, f"database/{name}")

    def table(self, action: str, database: str, name: str) -> None:
        self.catalog(action, f"database/{database}", f"table/{database}/{name}")
