"""What Lambda knows of a function: its versions, aliases, policy and settings."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from local_aws.awslambda.code import Code
from local_aws.awslambda.policy import Statement

LATEST = "$LATEST"
DEFAULT_MEMORY_MB = 128
DEFAULT_TIMEOUT_SECONDS = 3
DEFAULT_STORAGE_MB = 512


def now() -> str:
    """A moment as the API writes that of a function's last change."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def new_revision() -> str:
    return str(uuid4())


@dataclass(frozen=True)
class Version:
    """Code and configuration as they are run. Another configuration is another object with another revision."""

    account_id: str
    region_name: str
    function_name: str
    function_arn: str
    role: str
    runtime: str
    handler: str
    code: Code
    number: str = LATEST
    description: str = ""
    timeout: int = DEFAULT_TIMEOUT_SECONDS
    memory_size: int = DEFAULT_MEMORY_MB
    environment: dict[str, str] = field(default_factory=dict)
    dead_letter_arn: str = ""
    log_group: str = ""
    kms_key_arn: str = ""
    tracing_mode: str = "PassThrough"
    architecture: str = "x86_64"
    storage_mb: int = DEFAULT_STORAGE_MB
    last_modified: str = field(default_factory=now)
    revision_id: str = field(default_factory=new_revision)

    @property
    def arn(self) -> str:
        """The ARN of a published version ends in its number, that of what can change in the name."""
        return self.function_arn if self.number == LATEST else f"{self.function_arn}:{self.number}"

    @property
    def log_group_name(self) -> str:
        return self.log_group or f"/aws/lambda/{self.function_name}"

    def published(self, number: str, description: str | None) -> "Version":
        said = self.description if description is None else description
        return replace(self, number=number, description=said, revision_id=new_revision())

    def has_content_of(self, other: "Version") -> bool:
        """Whether there is nothing to publish: code and configuration are those of another version."""
        differing = {"number": "", "description": "", "last_modified": "", "revision_id": ""}
        return replace(self, **differing) == replace(other, **differing)

    def configuration(self) -> dict[str, Any]:
        """As GetFunctionConfiguration answers."""
        answer: dict[str, Any] = {
            "FunctionName": self.function_name,
            "FunctionArn": self.arn,
            "Runtime": self.runtime,
            "Role": self.role,
            "Handler": self.handler,
            "CodeSize": self.code.size,
            "CodeSha256": self.code.sha256,
            "Description": self.description,
            "Timeout": self.timeout,
            "MemorySize": self.memory_size,
            "LastModified": self.last_modified,
            "Version": self.number,
            "TracingConfig": {"Mode": self.tracing_mode},
            "RevisionId": self.revision_id,
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
            "Architectures": [self.architecture],
            "EphemeralStorage": {"Size": self.storage_mb},
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": self.log_group_name},
        }
        if self.environment:
            answer["Environment"] = {"Variables": self.environment}
        if self.dead_letter_arn:
            answer["DeadLetterConfig"] = {"TargetArn": self.dead_letter_arn}
        if self.kms_key_arn:
            answer["KMSKeyArn"] = self.kms_key_arn
        return answer


@dataclass
class Alias:
    """A name for a version; `weights` gives other versions a share of the invocations."""

    name: str
    arn: str
    version: str
    description: str = ""
    weights: dict[str, float] = field(default_factory=dict)
    revision_id: str = field(default_factory=new_revision)

    def described(self) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "AliasArn": self.arn,
            "Name": self.name,
            "FunctionVersion": self.version,
            "Description": self.description,
            "RevisionId": self.revision_id,
        }
        if self.weights:
            answer["RoutingConfig"] = {"AdditionalVersionWeights": self.weights}
        return answer


@dataclass
class EventInvokeConfig:
    """What becomes of asynchronous invocations. None is Lambda's default: two retries, six hours."""

    function_arn: str
    most_retries: int | None = None
    most_age_seconds: int | None = None
    on_success: str = ""
    on_failure: str = ""
    last_modified: datetime = field(default_factory=lambda: datetime.now(UTC))

    def described(self) -> dict[str, Any]:
        destinations = {"OnSuccess": self.on_success, "OnFailure": self.on_failure}
        answer: dict[str, Any] = {
            "FunctionArn": self.function_arn,
            "LastModified": self.last_modified,
            "DestinationConfig": {name: {"Destination": arn} if arn else {} for name, arn in destinations.items()},
        }
        if self.most_retries is not None:
            answer["MaximumRetryAttempts"] = self.most_retries
        if self.most_age_seconds is not None:
            answer["MaximumEventAgeInSeconds"] = self.most_age_seconds
        return answer


@dataclass
class Function:
    """A function's name and all that goes by it. `statements` and `event_invoke_configs` are kept by qualifier."""

    name: str
    arn: str
    latest: Version
    versions: dict[str, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    statements: dict[str, list[Statement]] = field(default_factory=dict)
    event_invoke_configs: dict[str, EventInvokeConfig] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    tags: dict[str, str] = field(default_factory=dict)
    last_number: int = 0

    @property
    def all_versions(self) -> list[Version]:
        return [self.latest, *self.versions.values()]
