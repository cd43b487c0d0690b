import hashlib
import hmac

import pytest
from lakehouse_glue.star_schema import schemas
from lakehouse_glue.star_schema.pii import POLICY, hash_text, mask
from lakehouse_glue.star_schema.tokens import token, with_token_pads
from pyspark.sql import functions as f

TEXTS = ["ada@example.com", "", "محمد 😀", "x" * 500]


@pytest.mark.parametrize("key", [b"short", b"k" * 64, b"longer than a block of SHA-256" * 4])
def test_token_is_hmac_sha256(spark, key):
    frame = with_token_pads(spark.createDataFrame([(text,) for text in TEXTS], "text string"), key)
    tokens = [row[0] for row in frame.select(token(f.col("text"))).collect()]
    assert tokens == [hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for text in TEXTS]


def test_token_of_null_is_null(spark):
    frame = with_token_pads(spark.createDataFrame([(None,)], "text string"), b"key")
    assert frame.select(token(f.col("text"))).first()[0] is None


def test_key_is_not_in_the_query_plan(spark, capsys):
    key = b"0123456789" * 6
    frame = with_token_pads(spark.createDataFrame([("text",)], "text string"), key)
    frame.select(token(f.col("text"))).explain(extended=True)
    plan = capsys.readouterr().out.lower()
    pad = bytes(byte ^ 0x36 for byte in key)
    assert "sha2" in plan
    assert key.hex() not in plan
    assert pad.hex() not in plan
    # A row of Spark's own is printed as 64-bit words, whose lowest byte is the first in memory.
    assert not [word for start in range(0, len(pad), 8) if (word := pad[start : start + 8][::-1].hex()) in plan]


def test_mask_shows_the_last_characters(spark):
    frame = spark.createDataFrame([("AC00001234",), ("1234",), (None,)], "text string")
    assert [row[0] for row in frame.select(mask(4)(f.col("text"))).collect()] == ["***1234", "***", None]


def test_hash_is_sha256(spark):
    frame = spark.createDataFrame([("text",)], "text string")
    assert frame.select(hash_text(f.col("text"))).first()[0] == hashlib.sha256(b"text").hexdigest()


@pytest.mark.parametrize("source", schemas.SOURCES.values(), ids=lambda source: source.name)
def test_policy_covers_every_declared_column(source):
    assert set(source.columns.names) <= set(POLICY[source.name])


def test_policy_covers_every_field_of_an_event():
    assert set(schemas.EVENT_DOCUMENT.names) <= set(POLICY[schemas.TRANSACTION_EVENTS])
