"""A lake whose star schema the transform job writes day by day, and a published version that a test may ask."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lakehouse_glue.iceberg import read_version, table_identifier
from lakehouse_glue.lake import Lake
from lakehouse_glue.star_schema.build import Run, build_star_schema
from lakehouse_glue.star_schema.schemas import STAR_SCHEMA
from pyspark.sql import DataFrame, SparkSession

from tests.glue_scripts.source_comparison import write_comparison

TOKEN_KEY = b"a key of the tests"


class StarSchemaLake:
    def __init__(self, spark: SparkSession, lake: Lake, database: str, folder: Path) -> None:
        self.spark, self.lake, self.database, self.folder = spark, lake, database, folder

    def transform(self, run: str, raw: dict[str, DataFrame], share: float = 0.05, **compared: Any) -> dict[str, Any]:
        """The document of a run over these raw tables."""
        raw_zone = self.folder / "raw" / run
        locations = {"changed_by_dms": write_comparison(raw_zone, **compared)}
        for name, frame in raw.items():
            frame.coalesce(1).write.parquet((raw_zone / name).as_uri())
            locations[name] = [(raw_zone / name).as_uri()]
        return build_star_schema(
            self.spark, self.lake, self.database, locations.get, TOKEN_KEY, Run(run, f"manual__{run}", share)
        )

    def publish(self, run: str) -> None:
        for table in STAR_SCHEMA:
            self.spark.sql(
                f"CALL glue_catalog.system.fast_forward('{self.database}.{table}', 'main', 'run_{run}')"
            ).collect()

    def load(self, run: str, raw: dict[str, DataFrame], **options: Any) -> dict[str, Any]:
        """Transform and publish."""
        document = self.transform(run, raw, **options)
        self.publish(run)
        return document

    def rows(self, table: str, document: dict[str, Any] | None = None) -> list[dict]:
        """The published rows, or those of a run's branch."""
        identifier = table_identifier(self.database, table)
        frame = self.spark.table(identifier)
        if document:
            version = document["tables"][table]["snapshot_id"]
            frame = read_version(self.spark, identifier, STAR_SCHEMA[table], version)
        return sorted(
            ({name: _in_utc(value) for name, value in row.asDict().items()} for row in frame.collect()), key=str
        )

    def files(self, table: str) -> set[str]:
        """All data files that were ever written to a table, below its folder."""
        data = self.folder / "analytics" / table / "data"
        return {path.relative_to(data).as_posix() for path in data.rglob("*.parquet")}


def _in_utc(value: Any) -> Any:
    """Spark hands timestamps to Python in local time without a zone."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value
