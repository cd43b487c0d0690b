"""Reading what an ingest brought: its manifest, and the answers that it lists."""

import posixpath
from collections.abc import Sequence

from botocore.client import BaseClient
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from lakehouse_contract.market_data import IngestError, IngestManifest, RawAnswer
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.local_rows import local_frame
from lakehouse_glue.market_data.answers import ASKED
from lakehouse_glue.raw_archive import differing_objects

ANSWERS = f"source_object string, requested_at timestamp, {ASKED} array<string>"


def read_manifest(s3: BaseClient, bucket: str, key: str) -> IngestManifest:
    """Raises BadInputError when it is missing, or an answer that it lists is not the one that was kept."""
    try:
        manifest = IngestManifest.from_json(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except s3.exceptions.NoSuchKey:
        raise BadInputError(f"There is no manifest s3://{bucket}/{key}: the ingest did not finish.") from None
    except IngestError as error:
        raise BadInputError(f"s3://{bucket}/{key} cannot be read. {error}") from None
    differing = []
    for answers in filter(None, (manifest.prices, manifest.instruments)):
        prefix = posixpath.commonprefix([answer.key for answer in answers])
        differing += differing_objects(s3, bucket, prefix, answers)
    if differing:
        raise BadInputError(
            f"The answers in s3://{bucket} are not as the manifest {key} says: {', '.join(differing[:3])} is missing "
            "or has other content. Clear the tasks of its run from the ingest on."
        )
    return manifest


def read_answers(spark: SparkSession, raw_root: str, answers: Sequence[RawAnswer]) -> DataFrame:
    """One row per answer: `source_object, requested_at, ASKED, body`.

    :param raw_root: URL of the raw bucket
    """
    listed = local_frame(
        spark,
        [(answer.key, answer.requested_at, list(answer.symbols)) for answer in answers],
        ANSWERS.replace("timestamp", "string"),
    ).withColumn("requested_at", f.to_timestamp("requested_at"))
    if not answers:
        return listed.withColumn("body", f.lit(""))
    bodies = spark.read.text([f"{raw_root}/{answer.key}" for answer in answers], wholetext=True)
    key = f.regexp_extract("_metadata.file_path", r"/(raw/.*)$", 1)
    return bodies.select(key.alias("source_object"), f.col("value").alias("body")).join(
        f.broadcast(listed), "source_object"
    )
