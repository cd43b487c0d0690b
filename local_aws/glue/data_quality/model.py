"""Rulesets, evaluation runs and results as the Glue API shows them. They hold no thread or lock: all are picklable."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from local_aws.glue.data_quality.evaluation.outcome import PASS, Outcome

# Minutes; API reference, StartDataQualityRulesetEvaluationRun.
DEFAULT_TIMEOUT_MINUTES = 2880
ACTIVE_STATUSES = frozenset({"STARTING", "RUNNING", "STOPPING"})
MAX_MESSAGE_LENGTH = 2048


def _new_id(kind: str) -> str:
    return f"{kind}-{mock_random.get_random_hex(40)}"


@dataclass
class LocalRuleset:
    name: str
    ruleset: str
    rule_count: int
    description: str | None = None
    target_table: dict[str, str] | None = None
    security_configuration: str | None = None
    client_token: str | None = None
    created_on: datetime = field(default_factory=utcnow)
    last_modified_on: datetime = field(default_factory=utcnow)

    def as_dict(self) -> dict[str, Any]:
        return _present(
            {
                **self._common(),
                "Ruleset": self.ruleset,
                "DataQualitySecurityConfiguration": self.security_configuration,
            }
        )

    def listed(self) -> dict[str, Any]:
        return _present({**self._common(), "RuleCount": self.rule_count})

    def _common(self) -> dict[str, Any]:
        return {
            "Name": self.name,
            "Description": self.description,
            "TargetTable": self.target_table,
            "CreatedOn": self.created_on,
            "LastModifiedOn": self.last_modified_on,
        }


@dataclass
class LocalEvaluationRun:
    """One evaluation of rulesets on a table. `request` is StartDataQualityRulesetEvaluationRun's input."""

    request: dict[str, Any]
    run_id: str = field(default_factory=lambda: _new_id("dqrun"))
    status: str = "STARTING"
    error: str | None = None
    started_on: datetime = field(default_factory=utcnow)
    last_modified_on: datetime = field(default_factory=utcnow)
    completed_on: datetime | None = None
    result_ids: list[str] = field(default_factory=list)

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE_STATUSES

    @property
    def table(self) -> dict[str, Any]:
        """The data source: DatabaseName, TableName and what else the request says of it."""
        [table] = self.request["DataSource"].values()
        return table

    @property
    def timeout_minutes(self) -> int:
        return self.request.get("Timeout") or DEFAULT_TIMEOUT_MINUTES

    def move_to(self, status: str) -> None:
        self.status = status
        self.last_modified_on = utcnow()

    def finish(self, status: str, error: str | None = None) -> None:
        self.error = error
        self.completed_on = utcnow()
        self.move_to(status)

    def as_dict(self) -> dict[str, Any]:
        ended = self.completed_on or utcnow()
        return _present(
            {
                **{name: value for name, value in self.request.items() if name != "ClientToken"},
                "Timeout": self.timeout_minutes,
                "RunId": self.run_id,
                "Status": self.status,
                "ErrorString": self.error,
                "StartedOn": self.started_on,
                "LastModifiedOn": self.last_modified_on,
                "CompletedOn": self.completed_on,
                "ExecutionTime": round((ended - self.started_on).total_seconds()),
                "ResultIds": self.result_ids or None,
            }
        )

    def listed(self) -> dict[str, Any]:
        return {
            "RunId": self.run_id,
            "Status": self.status,
            "StartedOn": self.started_on,
            "DataSource": self.request["DataSource"],
        }


@dataclass
class LocalResult:
    """What one ruleset found. `outcomes` are the rules' texts with what became of them, in the ruleset's order."""

    run_id: str
    ruleset_name: str
    data_source: dict[str, Any]
    started_on: datetime
    outcomes: list[tuple[str, Outcome]]
    completed_on: datetime = field(default_factory=utcnow)
    result_id: str = field(default_factory=lambda: _new_id("dqresult"))

    @property
    def passed(self) -> int:
        return sum(outcome.result == PASS for _, outcome in self.outcomes)

    @property
    def failed(self) -> int:
        return len(self.outcomes) - self.passed

    def as_dict(self) -> dict[str, Any]:
        return {
            "ResultId": self.result_id,
            "Score": self.passed / len(self.outcomes),
            "DataSource": self.data_source,
            "RulesetName": self.ruleset_name,
            "StartedOn": self.started_on,
            "CompletedOn": self.completed_on,
            "RulesetEvaluationRunId": self.run_id,
            "RuleResults": [
                _rule_result(number, text, outcome) for number, (text, outcome) in enumerate(self.outcomes, start=1)
            ],
            "AggregatedMetrics": {
                "TotalRulesProcessed": float(len(self.outcomes)),
                "TotalRulesPassed": float(self.passed),
                "TotalRulesFailed": float(self.failed),
            },
        }

    def listed(self) -> dict[str, Any]:
        return {"ResultId": self.result_id, "DataSource": self.data_source, "StartedOn": self.started_on}


def _rule_result(number: int, text: str, outcome: Outcome) -> dict[str, Any]:
    shown = text[:MAX_MESSAGE_LENGTH]
    return _present(
        {
            "Name": f"Rule_{number}",
            "Description": shown,
            "EvaluationMessage": outcome.message and outcome.message[:MAX_MESSAGE_LENGTH],
            "Result": outcome.result,
            "EvaluatedMetrics": outcome.metrics,
            "EvaluatedRule": shown,
        }
    )


def _present(description: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in description.items() if value is not None}
