"""An event source mapping as it is kept."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local_aws.awslambda.names import parse_function_name

NOTHING_PROCESSED = "No records processed"
# The setting -1: without an end.
ENDLESS = -1


@dataclass
class EventSourceMapping:
    """Settings of streams alone have their defaults where the source is a queue, and the other way round."""

    uuid: str
    arn: str
    source_arn: str
    function_arn: str
    batch_size: int
    is_enabled: bool = True
    window_seconds: int = 0
    starting_position: str | None = None
    starting_timestamp: float | None = None
    parallelization: int = 1
    bisects: bool = False
    most_retries: int = ENDLESS
    most_age_seconds: int = ENDLESS
    on_failure: str = ""
    reports_item_failures: bool = False
    patterns: list[str] = field(default_factory=list)
    most_concurrency: int | None = None
    tags: dict[str, str] = field(default_factory=dict)
    last_modified: datetime = field(default_factory=lambda: datetime.now(UTC))
    last_result: str = NOTHING_PROCESSED

    @property
    def service(self) -> str:
        """`kinesis`, `dynamodb` or `sqs`."""
        return self.source_arn.split(":")[2]

    @property
    def is_of_a_stream(self) -> bool:
        return self.service != "sqs"

    @property
    def region_name(self) -> str:
        return self.source_arn.split(":")[3]

    @property
    def function_name(self) -> str:
        return parse_function_name(self.function_arn).name

    def described(self, state: str | None = None) -> dict[str, Any]:
        """As the API answers; `state` is one that is passed through, such as `Creating`."""
        answer: dict[str, Any] = {
            "UUID": self.uuid,
            "EventSourceMappingArn": self.arn,
            "EventSourceArn": self.source_arn,
            "FunctionArn": self.function_arn,
            "BatchSize": self.batch_size,
            "MaximumBatchingWindowInSeconds": self.window_seconds,
            "State": state or ("Enabled" if self.is_enabled else "Disabled"),
            "StateTransitionReason": "USER_INITIATED" if self.is_of_a_stream else "User action",
            "LastModified": self.last_modified,
            "LastProcessingResult": self.last_result,
            "FunctionResponseTypes": ["ReportBatchItemFailures"] if self.reports_item_failures else [],
        }
        if self.patterns:
            answer["FilterCriteria"] = {"Filters": [{"Pattern": pattern} for pattern in self.patterns]}
        return answer | (self._of_a_stream() if self.is_of_a_stream else self._of_a_queue())

    def _of_a_stream(self) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "StartingPosition": self.starting_position,
            "ParallelizationFactor": self.parallelization,
            "BisectBatchOnFunctionError": self.bisects,
            "MaximumRetryAttempts": self.most_retries,
            "MaximumRecordAgeInSeconds": self.most_age_seconds,
            "TumblingWindowInSeconds": 0,
            "DestinationConfig": {"OnFailure": {"Destination": self.on_failure} if self.on_failure else {}},
        }
        if self.starting_timestamp is not None:
            answer["StartingPositionTimestamp"] = datetime.fromtimestamp(self.starting_timestamp, UTC)
        return answer

    def _of_a_queue(self) -> dict[str, Any]:
        return {"ScalingConfig": {"MaximumConcurrency": self.most_concurrency}} if self.most_concurrency else {}
