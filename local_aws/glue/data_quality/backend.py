"""The data quality actions of the Glue backend."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.core.utils import utcnow
from moto.glue.exceptions import AlreadyExistsException
from moto.utilities.utils import get_partition

from local_aws.glue.catalog import CatalogBackend
from local_aws.glue.data_quality import runner
from local_aws.glue.data_quality.model import LocalEvaluationRun, LocalResult, LocalRuleset
from local_aws.glue.data_quality.requests import check_run, checked_ruleset, table_of
from local_aws.glue.exceptions import EntityNotFoundException, InvalidInputError
from local_aws.glue.security import SecurityBackend


class DataQualityBackend(SecurityBackend, CatalogBackend):
    """Rulesets by name; runs and results by id, in the order of their beginning."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.data_quality_rulesets: dict[str, LocalRuleset] = {}
        self.data_quality_runs: dict[str, LocalEvaluationRun] = {}
        self.data_quality_results: dict[str, LocalResult] = {}

    def create_data_quality_ruleset(self, request: dict[str, Any]) -> LocalRuleset:
        """`request` is the operation's input. A repeated ClientToken gives the ruleset that it made."""
        name, token = request["Name"], request.get("ClientToken")
        known = self.data_quality_rulesets.get(name)
        if known is not None and token and known.client_token == token:
            return known
        if known is not None:
            raise AlreadyExistsException("Another ruleset with the same name")
        self._keep_ruleset(self._new_ruleset(request), request.get("Tags"))
        return self.data_quality_rulesets[name]

    def _new_ruleset(self, request: dict[str, Any]) -> LocalRuleset:
        target, security = request.get("TargetTable"), request.get("DataQualitySecurityConfiguration")
        if target:
            self.get_table(target["DatabaseName"], target["TableName"])
        self.check_security_configuration(security)
        return LocalRuleset(
            name=request["Name"],
            ruleset=request["Ruleset"],
            rule_count=len(checked_ruleset(request["Ruleset"]).rules),
            description=request.get("Description"),
            target_table=target,
            security_configuration=security,
            client_token=request.get("ClientToken"),
        )

    def _keep_ruleset(self, ruleset: LocalRuleset, tags: dict[str, str] | None) -> None:
        self.data_quality_rulesets[ruleset.name] = ruleset
        self.tagger.delete_all_tags_for_resource(self._ruleset_arn(ruleset.name))
        self.tag_resource(self._ruleset_arn(ruleset.name), tags)

    def get_data_quality_ruleset(self, name: str) -> LocalRuleset:
        if name not in self.data_quality_rulesets:
            raise EntityNotFoundException(
                f"Cannot find Data Quality Ruleset in account {self.account_id} with name {name}"
            )
        return self.data_quality_rulesets[name]

    def update_data_quality_ruleset(
        self, name: str, text: str | None = None, description: str | None = None
    ) -> LocalRuleset:
        """What is None stays as it is."""
        ruleset = self.get_data_quality_ruleset(name)
        if text is not None:
            ruleset.rule_count = len(checked_ruleset(text).rules)
            ruleset.ruleset = text
        if description is not None:
            ruleset.description = description
        ruleset.last_modified_on = utcnow()
        return ruleset

    def replace_data_quality_ruleset(self, name: str, properties: dict[str, Any]) -> None:
        """For CloudFormation, which changes more of a ruleset than the Glue API does: what is left out is unset."""
        known = self.get_data_quality_ruleset(name)
        ruleset = self._new_ruleset({**properties, "Name": name})
        ruleset.created_on = known.created_on
        self._keep_ruleset(ruleset, properties.get("Tags"))

    def delete_data_quality_ruleset(self, name: str) -> None:
        self.get_data_quality_ruleset(name)
        del self.data_quality_rulesets[name]
        self.tagger.delete_all_tags_for_resource(self._ruleset_arn(name))

    def list_data_quality_rulesets(self, criteria: dict[str, Any], tags: dict[str, str]) -> list[LocalRuleset]:
        checks: dict[str, Callable[[LocalRuleset, Any], bool]] = {
            "Name": lambda ruleset, name: ruleset.name == name,
            "Description": lambda ruleset, description: ruleset.description == description,
            "CreatedBefore": lambda ruleset, moment: ruleset.created_on < _naive(moment),
            "CreatedAfter": lambda ruleset, moment: ruleset.created_on > _naive(moment),
            "LastModifiedBefore": lambda ruleset, moment: ruleset.last_modified_on < _naive(moment),
            "LastModifiedAfter": lambda ruleset, moment: ruleset.last_modified_on > _naive(moment),
            "TargetTable": lambda ruleset, table: ruleset.target_table == table,
        }
        return [
            ruleset
            for ruleset in self.data_quality_rulesets.values()
            if all(checks[name](ruleset, value) for name, value in criteria.items())
            and tags.items() <= self.get_tags(self._ruleset_arn(ruleset.name)).items()
        ]

    def start_data_quality_ruleset_evaluation_run(self, request: dict[str, Any]) -> LocalEvaluationRun:
        """`request` is the operation's input. A repeated ClientToken gives the run that it started."""
        token = request.get("ClientToken")
        for run in self.data_quality_runs.values():
            if token and run.request.get("ClientToken") == token:
                return run
        rulesets = [self.get_data_quality_ruleset(name) for name in request["RulesetNames"]]
        check_run(request, self.account_id, self.region_name)
        for source in [request["DataSource"], *(request.get("AdditionalDataSources") or {}).values()]:
            table = table_of(source)
            self.get_table(table["DatabaseName"], table["TableName"])
        run = LocalEvaluationRun(request)
        self.data_quality_runs[run.run_id] = run
        runner.start(self, run, rulesets)
        return run

    def get_data_quality_ruleset_evaluation_run(self, run_id: str) -> LocalEvaluationRun:
        if run_id not in self.data_quality_runs:
            raise EntityNotFoundException(f"Cannot find evaluation run {run_id} in account {self.account_id}")
        return self.data_quality_runs[run_id]

    def cancel_data_quality_ruleset_evaluation_run(self, run_id: str) -> None:
        run = self.get_data_quality_ruleset_evaluation_run(run_id)
        if not run.is_active:
            raise InvalidInputError(f"The evaluation run {run_id} is in the final state {run.status}.")
        runner.stop(run)

    def list_data_quality_ruleset_evaluation_runs(self, criteria: dict[str, Any]) -> list[LocalEvaluationRun]:
        """The newest first."""
        return [
            run
            for run in reversed(self.data_quality_runs.values())
            if _is_of(run.request["DataSource"], criteria.get("DataSource")) and _is_within(run.started_on, criteria)
        ]

    def get_data_quality_result(self, result_id: str) -> LocalResult:
        if result_id not in self.data_quality_results:
            raise EntityNotFoundException(f"Cannot find data quality result {result_id} in account {self.account_id}")
        return self.data_quality_results[result_id]

    def list_data_quality_results(self, criteria: dict[str, Any]) -> list[LocalResult]:
        """The newest first. None is of a job, as those that name one ask for."""
        if criteria.get("JobName") or criteria.get("JobRunId"):
            return []
        return [
            result
            for result in reversed(self.data_quality_results.values())
            if _is_of(result.data_source, criteria.get("DataSource")) and _is_within(result.started_on, criteria)
        ]

    def fail_interrupted_evaluation_runs(self) -> None:
        for run in self.data_quality_runs.values():
            if run.is_active:
                run.finish("FAILED", "The endpoint was restarted while the evaluation was running.")

    def _ruleset_arn(self, name: str) -> str:
        partition = get_partition(self.region_name)
        return f"arn:{partition}:glue:{self.region_name}:{self.account_id}:dataQualityRuleset/{name}"


def _is_of(source: dict[str, Any], wanted: dict[str, Any] | None) -> bool:
    if not wanted:
        return True
    names = [(table_of(one)["DatabaseName"].lower(), table_of(one)["TableName"].lower()) for one in (source, wanted)]
    return names[0] == names[1]


def _is_within(started_on: datetime, criteria: dict[str, Any]) -> bool:
    before, after = criteria.get("StartedBefore"), criteria.get("StartedAfter")
    return (not before or started_on < _naive(before)) and (not after or started_on > _naive(after))


def _naive(moment: Any) -> datetime:
    """A point in time of a request, which is seconds since 1970 or a datetime, as one in UTC without a zone."""
    if not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(float(moment), UTC)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
