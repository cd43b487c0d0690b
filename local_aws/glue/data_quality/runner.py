"""Runs evaluations in the background, a bounded number at a time, each of which can be stopped."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from moto.core.utils import utcnow

from local_aws import access, state
from local_aws.athena.sql.errors import QueryError
from local_aws.glue.data_quality.dqdl.parser import parse_ruleset
from local_aws.glue.data_quality.evaluation.dataset import Dataset
from local_aws.glue.data_quality.evaluation.errors import EvaluationError, EvaluationStoppedError, RuleError
from local_aws.glue.data_quality.evaluation.ruleset import evaluate, unsupported_part
from local_aws.glue.data_quality.evaluation.sql import PRIMARY
from local_aws.glue.data_quality.evaluation.tables import PinnedCatalog, source_of
from local_aws.glue.data_quality.model import LocalEvaluationRun, LocalResult, LocalRuleset
from local_aws.glue.data_quality.publishing import PublishingError, publish
from local_aws.glue.data_quality.requests import table_of
from local_aws.glue.lock import glue_lock

if TYPE_CHECKING:
    from local_aws.glue.data_quality.backend import DataQualityBackend

MAX_CONCURRENT_RUNS = 4
SERVICE = "glue.amazonaws.com"
SESSION_NAME = "GlueDataQuality"

_LOGGER = logging.getLogger(__name__)
_pool = ThreadPoolExecutor(MAX_CONCURRENT_RUNS, thread_name_prefix="data-quality")


@dataclass
class _Control:
    """What a run under way needs beside its picklable state. `stop_status` says how it ends if it is stopped."""

    rulesets: list[tuple[str, str]]
    has_begun: bool = False
    dataset: Dataset | None = None
    stop_status: str | None = None
    is_publishing: bool = False


_controls: dict[str, _Control] = {}


def start(backend: "DataQualityBackend", run: LocalEvaluationRun, rulesets: list[LocalRuleset]) -> None:
    """Evaluate the rulesets, as they are at this moment, in the background."""
    _controls[run.run_id] = _Control([(ruleset.name, ruleset.ruleset) for ruleset in rulesets])
    _pool.submit(_run, backend, run)


def stop(run: LocalEvaluationRun, status: str = "STOPPED") -> None:
    """End the run if it is under way; it has the status once it has ended. A run that publishes is let end well."""
    with glue_lock:
        control = _controls.get(run.run_id)
        if control is None or control.stop_status is not None or control.is_publishing:
            return
        if not control.has_begun:
            del _controls[run.run_id]
            run.finish(status)
            return
        control.stop_status = status
        run.move_to("STOPPING")
        if control.dataset is not None:
            control.dataset.stop()


def _run(backend: "DataQualityBackend", run: LocalEvaluationRun) -> None:
    with glue_lock:
        control = _controls.get(run.run_id)
        if control is None:
            return
        control.has_begun = True
        run.move_to("RUNNING")
    role = access.arn_of_role(run.request["Role"], backend.account_id)
    try:
        session = access.service_session(role, SERVICE, SESSION_NAME)
    except access.AccessDeniedError:
        with glue_lock:
            del _controls[run.run_id]
            run.finish("FAILED", f"The role {role} should be given assume role permissions for Glue Service.")
        state.save("glue")
        return
    with access.acting_as(session):
        _run_as_role(backend, run, control)


def _run_as_role(backend: "DataQualityBackend", run: LocalEvaluationRun, control: _Control) -> None:
    results: list[LocalResult] = []
    with _timeout(run):
        status, error = _outcome(backend, run, control, results)
    with glue_lock:
        del _controls[run.run_id]
        if control.dataset is not None:
            control.dataset.close()
        if status == "SUCCEEDED":
            backend.data_quality_results |= {result.result_id: result for result in results}
            run.result_ids = [result.result_id for result in results]
        run.finish(status, error)
    state.save("glue")


@contextmanager
def _timeout(run: LocalEvaluationRun) -> Iterator[None]:
    timer = threading.Timer(run.timeout_minutes * 60, stop, (run, "TIMEOUT"))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _outcome(
    backend: "DataQualityBackend", run: LocalEvaluationRun, control: _Control, results: list[LocalResult]
) -> tuple[str, str | None]:
    """The run's final status and its error; what it found is put into `results`."""
    try:
        with glue_lock:
            _check_not_stopped(control)
            dataset = control.dataset = _dataset(backend, run)
        for name, text in control.rulesets:
            ruleset = f"arn:aws:glue:{backend.region_name}:{backend.account_id}:dataQualityRuleset/{name}"
            access.authorize("glue:GetDataQualityRuleset", ruleset)
            results.append(_evaluated(run, name, text, dataset))
        with glue_lock:
            _check_not_stopped(control)
            control.is_publishing = True
        publish(run, results, backend.account_id, backend.region_name)
    except EvaluationStoppedError:
        return control.stop_status or "STOPPED", None
    except (EvaluationError, PublishingError, QueryError, RuleError, access.AccessDeniedError) as error:
        return "FAILED", str(error)
    except Exception as error:
        _LOGGER.exception("The evaluation run %s could not be carried out", run.run_id)
        return "FAILED", f"The local Glue could not evaluate the ruleset: {type(error).__name__}: {error}"
    return "SUCCEEDED", None


def _check_not_stopped(control: _Control) -> None:
    if control.stop_status is not None:
        raise EvaluationStoppedError


def _dataset(backend: "DataQualityBackend", run: LocalEvaluationRun) -> Dataset:
    catalog = PinnedCatalog(backend.account_id, backend.region_name)
    named = {PRIMARY: run.request["DataSource"], **(run.request.get("AdditionalDataSources") or {})}
    sources = {alias: source_of(catalog, table_of(source)) for alias, source in named.items()}
    return Dataset(run.run_id, catalog, sources, datetime.now(UTC))


def _evaluated(run: LocalEvaluationRun, name: str, text: str, dataset: Dataset) -> LocalResult:
    started_on = utcnow()
    ruleset = parse_ruleset(text)
    fault = unsupported_part(ruleset)
    if fault:
        raise EvaluationError(f"The ruleset {name} cannot be evaluated. {fault}")
    options = run.request.get("AdditionalRunOptions") or {}
    is_by_row = options.get("CompositeRuleEvaluationMethod") == "ROW"
    outcomes = [(rule.text, evaluate(rule, dataset, is_by_row=is_by_row)) for rule in ruleset.rules]
    return LocalResult(run.run_id, name, run.request["DataSource"], started_on, outcomes)
