"""The tasks of market data up to the manifest, against the local API and the endpoint."""

import json
from datetime import date

import pyarrow as pa
from lakehouse_aws.market_data.ingest import IngestInstrumentsOperator, IngestPricesOperator
from lakehouse_aws.market_data.manifest import WriteIngestManifestOperator
from lakehouse_aws.market_data.plan import INGEST, PlanPricesOperator
from lakehouse_aws.market_data.stored_prices import StoredPricesHook

from lakehouse_contract.market_data import PRICES_PREFIX, WATCHLIST_KEY, IngestManifest

RUN_ID = "scheduled__2026-11-20T23:00:00+00:00"
WATCHLIST = """symbol,since_date,is_active,sector
ALBA,2026-11-02,true,Financial Services
ALAN,2026-11-02,true,Technology
NONE,2026-11-02,true,
AMBA,2026-11-02,false,Financial Services
"""


class Pipeline:
    """The tasks of the DAG up to the manifest, one after the other."""

    def __init__(self, run, context, s3, bucket, database) -> None:
        self.run, self.context, self.s3, self.bucket, self.database = run, context, s3, bucket, database

    def watch(self, text: str = WATCHLIST) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=WATCHLIST_KEY, Body=text.encode())

    def plan(self, **options: str) -> tuple[list[dict], dict]:
        operator = PlanPricesOperator(
            task_id="plan", lake_bucket=self.bucket, database=self.database, run_id=RUN_ID, **options
        )
        batches = self.run(operator)
        return json.loads(json.dumps(batches)), json.loads(json.dumps(self.context["ti"].xcoms[INGEST]))

    def ingest(self, batch: dict, ingest: dict) -> dict:
        return self.run(IngestPricesOperator(task_id="ingest", bucket=self.bucket, ingest=ingest, batch=batch))

    def instruments(self, ingest: dict) -> list[dict]:
        operator = IngestInstrumentsOperator(
            task_id="instruments", bucket=self.bucket, ingest=ingest, country="United States"
        )
        return self.run(operator)

    def manifest(self, ingest: dict, results: list[dict], instruments: list[dict]) -> IngestManifest:
        operator = WriteIngestManifestOperator(
            task_id="manifest",
            bucket=self.bucket,
            ingest=ingest,
            batches=results,
            instruments=instruments,
            run_id=RUN_ID,
        )
        key = self.run(operator)
        manifest = IngestManifest.from_json(self.read(key))
        assert manifest.key == key
        return manifest

    def all(self) -> IngestManifest:
        batches, ingest = self.plan()
        instruments = self.instruments(ingest)
        return self.manifest(ingest, [self.ingest(batch, ingest) for batch in batches], instruments)

    def read(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    @property
    def answer_keys(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=PRICES_PREFIX).get("Contents", [])
        return [item["Key"] for item in listed]

    def publish(self, manifest: IngestManifest) -> None:
        """The closes of the answers become what market_prices holds."""
        rows = [
            {"symbol": symbol, "trade_date": date.fromisoformat(value["datetime"]), "close": float(value["close"])}
            for answer in manifest.prices
            for symbol, series in json.loads(self.read(answer.key)).items()
            for value in series.get("values", [])
        ]
        catalog = StoredPricesHook(database=self.database).catalog
        location = f"s3://{self.bucket}/analytics/market_prices"
        content = pa.Table.from_pylist(rows)
        catalog.create_table((self.database, "market_prices"), content.schema, location=location).append(content)
