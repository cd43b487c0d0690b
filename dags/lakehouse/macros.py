"""What the .sql files may ask for."""

from lakehouse.reconciliation.hops import RECONCILED_TABLES
from lakehouse.settings import LakehouseSettings


def sql_macros(settings: LakehouseSettings) -> dict[str, str | tuple[str, ...]]:
    return {"redshift_iam_role": settings.redshift_iam_role, "reconciled_tables": RECONCILED_TABLES}
