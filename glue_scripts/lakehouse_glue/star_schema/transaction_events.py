"""Transaction events: JSON documents to one row of event facts per transaction."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as t

from lakehouse_glue.checks import COLUMN_NAME, REASON, Check
from lakehouse_glue.star_schema.cleaning import NOT_FINITE_PATTERN, Typed, is_outside, lower_code, text, typed_text
from lakehouse_glue.star_schema.documents import date_milliseconds, date_moment, exact_double, is_structure, scalar
from lakehouse_glue.star_schema.pii import POLICY, hide_fields, keep_identifier, protected_json
from lakehouse_glue.star_schema.rejects import NAMED_TRANSACTION, Reason
from lakehouse_glue.star_schema.rows import Cleaning, clean, clean_rows, unstorable_texts
from lakehouse_glue.star_schema.schemas import EVENT_DOCUMENT, SOURCES, TRANSACTION_EVENTS

CORRUPT = "_corrupt"
MISTYPED = "_mistyped_"
PARSED_DOCUMENT = t.StructType([*EVENT_DOCUMENT.fields, t.StructField(CORRUPT, t.StringType())])
TEXT_FIELDS = ("event_id", "event_type", "status")
# Any JSON value can be read as text: the fields of a document that the declared schema does not fit.
TEXTS = ("event_id", "transaction_id", "event_type", "status", "occurred_at")
RISK_TEXTS = t.StructType([t.StructField(name, t.StringType()) for name in POLICY[TRANSACTION_EVENTS]["risk"]])
TEXT_DOCUMENT = t.StructType(
    [
        *(t.StructField(name, t.StringType()) for name in TEXTS),
        t.StructField("risk", RISK_TEXTS),
        t.StructField(CORRUPT, t.StringType()),
    ]
)
TRANSACTION_IN_TEXT = r'"transaction_id"\s*:\s*(?:\{\s*"\$number[A-Z][a-z]+"\s*:\s*)?"?\s*(-?\d+)'
NAMED_EVENT_HASH = "named_event_hash"
EVENT_IN_TEXT = r'"event_id"\s*:\s*(?:\{\s*"\$oid"\s*:\s*)?"\s*([^"\\]*[^"\\\s])\s*"'
# Above it a double may be another number than the integer that it was read from.
LAST_EXACT_INTEGER = 2**53
END_MILLISECONDS = 4_102_444_800_000
"""2100-01-01 in milliseconds since 1970."""


def _parsed(schema: t.StructType) -> Column:
    return f.from_json("_doc", schema, {"columnNameOfCorruptRecord": CORRUPT})


def clean_transaction_events(raw: DataFrame) -> DataFrame:
    """Raw documents to clean events: see `clean_rows`.

    Each document is parsed once with the declared schema, which fits what DMS writes of sound events. One that it does
    not fit is parsed again as texts, and they are read as any form of extended JSON; what still has another type
    rejects the document. The raw row of a rejected document shows its fields as they came; of a text that is no JSON
    object only its hash.
    """
    source = SOURCES[TRANSACTION_EVENTS]
    texts = f.col("texts")
    is_malformed = f.col("document").isNull() | (texts.isNotNull() & ~_is_object("_doc"))
    is_no_risk = texts[CORRUPT].isNotNull() & texts["risk"].isNull()
    score = f.col("risk_score")
    is_infinite = f.col("score_text").rlike(NOT_FINITE_PATTERN) | f.isnan(score) | (f.abs(score) == float("inf"))
    values = {
        "_id": f.col("_id"),
        "event_id": text(f.col("event_id")),
        "transaction_id": f.col("transaction_id"),
        "event_type": lower_code(f.col("event_type")),
        "status": lower_code(f.col("status")),
        "occurred_at": f.col("occurred_at"),
        "risk_score": score,
    }
    checks = [
        Check(is_malformed, Reason.MALFORMED_DOCUMENT, "_doc"),
        *(
            Check(f.col(MISTYPED + name), Reason.MISTYPED_VALUE, name)
            for name in (*TEXT_FIELDS, "transaction_id", "occurred_at")
        ),
        Check(is_no_risk, Reason.MISTYPED_VALUE, "risk"),
        Check(is_infinite, Reason.NOT_FINITE, "risk.score"),
        Check(f.col(MISTYPED + "risk_score"), Reason.MISTYPED_VALUE, "risk.score"),
        Check(f.abs(score) > LAST_EXACT_INTEGER, Reason.MISTYPED_VALUE, "risk.score"),
        Check(clean("event_id").isNull(), Reason.MISSING_KEY, "event_id"),
        Check(clean("transaction_id").isNull(), Reason.MISSING_TRANSACTION_ID, "transaction_id"),
        Check(
            _is_past_range("milliseconds") | is_outside(clean("occurred_at")), Reason.DATE_OUT_OF_RANGE, "occurred_at"
        ),
        *unstorable_texts(values),
    ]
    source_key = f.coalesce(clean("event_id"), keep_identifier(f.col("_id")))
    is_named = f.col(NAMED_TRANSACTION).eqNullSafe(clean("transaction_id"))
    is_named &= f.col(NAMED_EVENT_HASH).eqNullSafe(f.xxhash64(clean("event_id")))
    cleaning = Cleaning(
        values,
        checks,
        _raw_row(is_malformed),
        source_key,
        content=document_content(),
        named_transaction=f.col(NAMED_TRANSACTION),
        is_misnamed=~is_named,
    )
    return clean_rows(_read_documents(raw), source, cleaning)


def named_transaction() -> Column:
    """The transaction that a document names, found in its text: a tenth of the time that it takes to parse it."""
    return f.regexp_extract("_doc", TRANSACTION_IN_TEXT, 1).cast("bigint")


def named_event_hash() -> Column:
    """The hash of the event_id that a document names, found in its text."""
    event_id = f.regexp_extract("_doc", EVENT_IN_TEXT, 1)
    return f.when(event_id != "", f.xxhash64(event_id))


def _read_documents(raw: DataFrame) -> DataFrame:
    """Raw documents with their fields typed, in steps: an expression that others repeat is a column first.

    Adds `document` and, of those that the declared schema does not fit, `texts`; the fields, and by MISTYPED and their
    name whether a value that is there could not be typed; what the document names.
    """
    document, texts = f.col("document"), f.col("texts")
    parsed = raw.select(
        "_id",
        "_doc",
        _parsed(PARSED_DOCUMENT).alias("document"),
        named_transaction().alias(NAMED_TRANSACTION),
        named_event_hash().alias(NAMED_EVENT_HASH),
    ).withColumn("texts", f.when(document[CORRUPT].isNotNull(), _parsed(TEXT_DOCUMENT)))
    unwrapped = parsed.withColumns(
        {
            "event_id": scalar(document["event_id"]),
            "event_type": scalar(document["event_type"]),
            "status": scalar(document["status"]),
            # A whole number may have come as a floating point number.
            "transaction_text": text(f.regexp_replace(scalar(texts["transaction_id"]), r"\.0$", "")),
            "score_text": text(scalar(texts["risk"]["score"])),
            "date_text": text(texts["occurred_at"]),
            "milliseconds": f.coalesce(document["occurred_at"]["$date"], date_milliseconds(texts["occurred_at"])),
        }
    )
    transaction_id = _or_typed(document["transaction_id"], typed_text(f.col("transaction_text"), t.LongType()))
    score = _or_typed(document["risk"]["score"], exact_double(f.col("score_text")))
    milliseconds = f.col("milliseconds")
    moment = f.when(milliseconds.isNull(), date_moment(f.col("date_text"))).when(
        ~_is_past_range("milliseconds"), f.timestamp_millis("milliseconds")
    )
    typed = unwrapped.withColumns(
        {
            "transaction_id": transaction_id.value,
            MISTYPED + "transaction_id": transaction_id.is_mistyped,
            "risk_score": score.value,
            MISTYPED + "risk_score": score.is_mistyped,
            "occurred_at": moment,
            **{name: f.when(~is_structure(f.col(name)), f.col(name)) for name in TEXT_FIELDS},
            **{MISTYPED + name: is_structure(f.col(name)) for name in TEXT_FIELDS},
        }
    )
    is_there = document["occurred_at"].isNotNull() | f.col("date_text").isNotNull()
    is_no_date = is_there & milliseconds.isNull() & f.col("occurred_at").isNull()
    return typed.withColumn(MISTYPED + "occurred_at", is_no_date)


def _is_past_range(milliseconds: str) -> Column:
    return (f.col(milliseconds) < 0) | (f.col(milliseconds) >= END_MILLISECONDS)


def _or_typed(value: Column, alternative: Typed) -> Typed:
    """A value that the declared schema fits, or what was made of its text."""
    return Typed(f.coalesce(value, alternative.value), value.isNull() & alternative.is_mistyped)


def _raw_row(is_malformed: Column) -> Column:
    document_as_text = _parsed(TEXT_DOCUMENT)
    identity = {"_id": f.col("_id")}
    fields = {name: hide_fields(document_as_text[name]) for name in TEXTS} | {"risk": document_as_text["risk"]}
    return f.when(is_malformed, protected_json(TRANSACTION_EVENTS, identity | {"_doc": f.col("_doc")})).otherwise(
        protected_json(TRANSACTION_EVENTS, identity | fields)
    )


def document_content() -> list[Column]:
    """The document before and after its `_id`, which stands first: what a repeated event has in common.

    Cut by bytes: Spark finds a character's place by walking through the text.
    """
    identifier = f.coalesce("_id", f.lit(""))
    before = f.call_function("substring_index", f.col("_doc"), identifier, f.lit(1))
    after = f.octet_length(before) + f.octet_length(identifier) + 1
    return [before, f.col("_doc").cast("binary").substr(after, f.octet_length("_doc"))]


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
    return events.join(unknown_transaction_ids, "transaction_id", "left_semi").withColumns(
        {REASON: f.lit(Reason.UNKNOWN_TRANSACTION.value), COLUMN_NAME: f.lit("transaction_id")}
    )
