"""The data that the pipelines produce, for schedules of other DAGs to follow."""

from airflow.sdk import Asset

from lakehouse.settings import LakehouseSettings
from lakehouse.tables import SOURCE_TABLES
from lakehouse_contract.datasets import Dataset


def raw_assets(settings: LakehouseSettings) -> list[Asset]:
    return [
        Asset(name=f"raw_{table.name}", uri=f"s3://{settings.raw_bucket}/{table.raw_prefix.rstrip('/')}")
        for table in SOURCE_TABLES
    ]


def dataset_assets(dataset: Dataset, settings: LakehouseSettings) -> list[Asset]:
    return [Asset(name=table, uri=f"s3://{settings.lake_bucket}/analytics/{table}") for table in dataset.tables]


def stock_prices_asset(settings: LakehouseSettings) -> Asset:
    return Asset(name="stock_prices", uri=f"s3://{settings.lake_bucket}/analytics/stock_prices")
