"""The job reads the answers that an ingest's manifest lists as they were kept, or says why it does not."""

from dataclasses import replace
from uuid import uuid4

import pytest
from lakehouse_glue.checks import REASON
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.market_data.accounting import count_checked
from lakehouse_glue.market_data.raw_answers import read_manifest

from lakehouse_contract.market_data import IngestManifest, RawAnswer

ANSWER = "raw/market_data/source=twelve_data/date=2026-11-20/run-0000-0001.json"


@pytest.fixture
def ingest(aws):
    """`ingest(manifest's changes)` keeps an answer and its manifest: S3, the bucket and the manifest's key."""
    s3, bucket = aws("s3"), f"raw-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket)
    etag = s3.put_object(Bucket=bucket, Key=ANSWER, Body=b"{}")["ETag"].strip('"')
    answer = RawAnswer(ANSWER, 2, etag, "/time_series?symbol=A", "2026-11-20T23:00:00+00:00")
    manifest = IngestManifest("run", "manual__1", (), ("2026-11-20",), (answer,), (), ())
    s3.put_object(Bucket=bucket, Key=manifest.key, Body=manifest.to_json().encode())
    return s3, bucket, manifest


def test_a_manifest_is_read_while_its_answers_are_as_they_were_kept(ingest):
    s3, bucket, manifest = ingest
    assert read_manifest(s3, bucket, manifest.key) == manifest
    s3.put_object(Bucket=bucket, Key=ANSWER, Body=b"[]")
    with pytest.raises(BadInputError, match=r"0001.json is missing or has other content. Clear the tasks of its run"):
        read_manifest(s3, bucket, manifest.key)


def test_a_manifest_that_is_missing_or_none_is_refused_in_a_sentence(ingest):
    s3, bucket, manifest = ingest
    with pytest.raises(BadInputError, match=r"There is no manifest .*the ingest did not finish"):
        read_manifest(s3, bucket, replace(manifest, ingest="other").key)
    with pytest.raises(BadInputError, match=r"cannot be read. It is no manifest of an ingest"):
        read_manifest(s3, bucket, ANSWER)


def test_an_ingest_whose_bars_are_mostly_no_prices_is_refused_with_the_reasons(spark):
    reasons = [None, "price_order", "price_order", "missing_price", "history_rewritten"]
    rows = [(number, 5, reason) for number, reason in enumerate(reasons, 1)] + [(0, 1, None)]
    checked = spark.createDataFrame(rows, f"bar_number int, bar_count int, {REASON} string")
    assert count_checked(checked, 0.5).bars == 6
    with pytest.raises(BadInputError, match=r"3 of 6 bars \(50.00%\) were rejected.* price_order \(2\), missing_price"):
        count_checked(checked, 0.4)
