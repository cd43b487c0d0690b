"""Where the DAGs ask Athena."""

from typing import Any

from lakehouse.settings import ATHENA_WORKGROUP, GLUE_DATABASE, LakehouseSettings


def athena_arguments(settings: LakehouseSettings) -> dict[str, Any]:
    """Of every operator that asks Athena."""
    return {
        "database": GLUE_DATABASE,
        "workgroup": ATHENA_WORKGROUP,
        "output_location": settings.athena_output_location,
    }
