"""Transaction events: JSON documents to one row of event facts per transaction."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as t

from lakehouse_glue.cleaning import any_of, lower_code, text
from lakehouse_glue.pii import protected_json
from lakehouse_glue.rejects import REASON, Reason
from lakehouse_glue.rows import Cleaning, clean_rows
from lakehouse_glue.schemas import EVENT_DOCUMENT, SOURCES, TRANSACTION_EVENTS

CORRUPT = "_corrupt"
PARSED_DOCUMENT = t.StructType([*EVENT_DOCUMENT.fields, t.StructField(CORRUPT, t.StringType())])
# Any JSON value can be read as text: shows the fields of a document that the declared schema does not fit.
TEXT_DOCUMENT = t.StructType([t.StructField(name, t.StringType()) for name in EVENT_DOCUMENT.names])
END_MILLISECONDS = 4_102_444_800_000
"""2100-01-01 in milliseconds since 1970."""


def _parsed(schema: t.StructType) -> Column:
    return f.from_json("_doc", schema, {"columnNameOfCorruptRecord": CORRUPT})


def clean_transaction_events(raw: DataFrame) -> DataFrame:
    """Raw documents to clean events: see `clean_rows`.

    Each document is parsed once, with the declared schema; a field of another type rejects the document, unless the
    declared type is text. The raw row of a rejected document shows its fields as they came; of a text that is no JSON
    object only its hash.
    """
    source = SOURCES[TRANSACTION_EVENTS]
    document, document_as_text = f.col("document"), _parsed(TEXT_DOCUMENT)
    milliseconds, score = document["occurred_at"]["$date"], document["risk"]["score"]
    is_date_outside = (milliseconds < 0) | (milliseconds >= END_MILLISECONDS)
    is_corrupt = document[CORRUPT].isNotNull()
    is_malformed = document.isNull() | (is_corrupt & ~_is_object("_doc"))
    values = {
        "_id": f.col("_id"),
        "event_id": text(document["event_id"]),
        "transaction_id": document["transaction_id"],
        "event_type": lower_code(document["event_type"]),
        "status": lower_code(document["status"]),
        "occurred_at": f.when(~is_date_outside, f.timestamp_millis(milliseconds)),
        "risk_score": score,
    }
    checks = [
        (is_malformed, Reason.MALFORMED_DOCUMENT),
        (is_corrupt, Reason.MISTYPED_VALUE),
        (values["event_id"].isNull(), Reason.MISSING_KEY),
        (values["transaction_id"].isNull(), Reason.MISSING_TRANSACTION_ID),
        (any_of([f.isnan(score), f.abs(score) == float("inf")]), Reason.NOT_FINITE),
        (is_date_outside, Reason.DATE_OUT_OF_RANGE),
    ]
    identity = {"_id": f.col("_id")}
    fields = identity | {name: document_as_text[name] for name in EVENT_DOCUMENT.names}
    raw_row = f.when(is_malformed, protected_json(source.name, identity | {"_doc": f.col("_doc")})).otherwise(
        protected_json(source.name, fields)
    )
    parsed = raw.select("_id", "_doc", _parsed(PARSED_DOCUMENT).alias("document"))
    source_key = f.coalesce(values["event_id"], "_id")
    return clean_rows(parsed, source, Cleaning(values, checks, raw_row, source_key, content=[document]))


def _is_object(name: str) -> Column:
    return f.coalesce(f.get_json_object(name, "$").startswith("{"), f.lit(False))


def summarize_events(events: DataFrame) -> DataFrame:
    """Kept events to one row per transaction_id.

    settlement_seconds are the whole seconds from the first `created` event, or without one the first event, to the
    first `settled` event.
    """
    occurred_at, event_type = f.col("occurred_at"), f.col("event_type")
    # Few events have a transaction in common: to aggregate them before the shuffle, too, would sort them twice.
    summary = (
        events.repartition("transaction_id")
        .groupBy("transaction_id")
        .agg(
            f.min(occurred_at).alias("first_event_at"),
            f.max(occurred_at).alias("last_event_at"),
            f.count("*").alias("event_count"),
            f.max_by("status", f.struct(occurred_at, "event_id")).alias("last_event_status"),
            f.max("risk_score").alias("risk_score"),
            f.min(f.when(event_type == "created", occurred_at)).alias("created_at"),
            f.min(f.when(event_type == "settled", occurred_at)).alias("settled_at"),
        )
    )
    started_at = f.unix_millis(f.coalesce("created_at", "first_event_at"))
    settlement_seconds = f.floor((f.unix_millis("settled_at") - started_at) / 1000)
    return summary.withColumn("settlement_seconds", settlement_seconds).drop("created_at", "settled_at")


def mark_unknown_transactions(event_facts: DataFrame, transaction_ids: DataFrame) -> DataFrame:
    """Adds `is_known`: whether the transaction is among the kept ones; one to at most one."""
    return event_facts.join(transaction_ids.withColumn("is_known", f.lit(True)), "transaction_id", "left").withColumn(
        "is_known", f.coalesce("is_known", f.lit(False))
    )


def reject_unknown_transactions(events: DataFrame, unknown_transaction_ids: DataFrame) -> DataFrame:
    """Kept events of transactions that are not known, as rows with a reason; many events to one transaction."""
    return events.join(unknown_transaction_ids, "transaction_id", "left_semi").withColumn(
        REASON, f.lit(Reason.UNKNOWN_TRANSACTION.value)
    )
