"""Ends an ingest with its manifest."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException
from typing_extensions import override

from lakehouse_aws.market_data.answers import NO_DATA
from lakehouse_aws.market_data.raw_answers import RawAnswersHook
from lakehouse_aws.metrics import MetricsHook, metric
from lakehouse_contract.market_data import IngestManifest, MissingPrices, RawAnswer, WatchedSymbol

MOST_NAMED_SYMBOLS = 20


class WriteIngestManifestOperator(AwsBaseOperator[RawAnswersHook]):
    """Write the manifest of an ingest, say what is missing, and return the manifest's key.

    What is missing is in the log, by reason, and in CloudWatch as MissingSymbols; the next plan asks for it. Fails
    without a retry when no symbol at all got prices.

    :param bucket: the bucket of raw files
    :param ingest: what the plan says of the ingest
    :param batches: what the tasks that asked for prices returned
    :param instruments: the answers with instruments
    """

    aws_hook_class = RawAnswersHook
    template_fields: Sequence[str] = aws_template_fields("bucket", "ingest", "batches", "instruments", "run_id")

    def __init__(
        self,
        *,
        bucket: str,
        ingest: dict[str, Any],
        batches: Sequence[dict[str, Any]],
        instruments: list[dict[str, Any]],
        run_id: str = "{{ run_id }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.ingest = ingest
        self.batches = batches
        self.instruments = instruments
        self.run_id = run_id

    @override
    def execute(self, context: Context) -> str:
        # A slice is one request to Airflow; iterating asks for one result after the other, until there is none.
        batches = self.batches[:]
        manifest = IngestManifest(
            ingest=self.ingest["name"],
            run_id=self.run_id,
            watchlist=tuple(WatchedSymbol(**row) for row in self.ingest["watchlist"]),
            trading_days=tuple(self.ingest["trading_days"]),
            prices=tuple(RawAnswer(**answer) for batch in batches for answer in batch["answers"]),
            instruments=tuple(RawAnswer(**answer) for answer in self.instruments),
            missing=tuple(MissingPrices(**entry) for batch in batches for entry in batch["missing"]),
        )
        sentences = describe_missing(manifest.missing)
        for sentence in sentences:
            self.log.warning("Missing: %s", sentence)
        answered = sum(batch["answered_symbols"] for batch in batches)
        self._send(answered, len(manifest.missing))
        if not answered:
            raise AirflowFailException(f"The ingest {manifest.ingest} has no prices at all: {'; '.join(sentences)}.")
        return self.hook.write_manifest(self.bucket, manifest)

    def _send(self, answered: int, missing: int) -> None:
        counts = [metric("AnsweredSymbols", answered), metric("MissingSymbols", missing)]
        MetricsHook(aws_conn_id=self.aws_conn_id).send(counts)


def describe_missing(missing: Sequence[MissingPrices]) -> list[str]:
    """A sentence per reason, with some of its symbols."""
    sentences = []
    for reason, count in sorted(Counter(entry.reason for entry in missing).items()):
        entries = [entry for entry in missing if entry.reason == reason]
        named = ", ".join(sorted({entry.symbol for entry in entries})[:MOST_NAMED_SYMBOLS])
        messages = {entry.message for entry in entries if entry.message and reason != NO_DATA}
        sentences.append(f"{reason} ({count}): {named}{f' ({min(messages)})' if messages else ''}")
    return sentences
