"""Checks of what a request asks for. What would be ignored is refused by its name."""

from typing import Any

from moto.core.base_backend import BackendDict
from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

from local_aws.glue.data_quality.dqdl.checks import RulesetError
from local_aws.glue.data_quality.dqdl.model import Ruleset
from local_aws.glue.data_quality.dqdl.parser import parse_ruleset
from local_aws.glue.data_quality.evaluation.errors import RuleError
from local_aws.glue.data_quality.evaluation.sql import PRIMARY, condition_of
from local_aws.glue.exceptions import InvalidInputError
from local_aws.storage import split_s3_url

PREDICATES = ("pushDownPredicate", "catalogPartitionPredicate")


def checked_ruleset(text: str) -> Ruleset:
    """The parsed ruleset; raises InvalidInputError in AWS's words, and says why.

    Source: AWS Glue developer guide, "Troubleshooting AWS Glue Data Quality errors", error 11.
    """
    try:
        return parse_ruleset(text)
    except RulesetError as error:
        raise InvalidInputError(f"DataQuality rules cannot be parsed: {error}") from error


def table_of(source: dict[str, Any]) -> dict[str, Any]:
    """The table that a DataSource names, by either of its members."""
    tables = [table for table in source.values() if table]
    if len(tables) != 1:
        raise InvalidInputError("A DataSource is one table: give GlueTable or DataQualityGlueTable.")
    return tables[0]


def check_source(source: dict[str, Any], account_id: str) -> None:
    """Raises InvalidInputError or NotImplementedError for a data source that cannot be read as it is asked for."""
    table = table_of(source)
    if table.get("CatalogId", account_id) != account_id:
        raise NotImplementedError("The parameter CatalogId of another account's catalog")
    for name in ("ConnectionName", "PreProcessingQuery"):
        if table.get(name):
            raise NotImplementedError(f"The parameter {name} of a DataSource")
    for name, predicate in (table.get("AdditionalOptions") or {}).items():
        if name not in PREDICATES:
            raise InvalidInputError(
                f"The option {name} is unknown: AdditionalOptions takes {' and '.join(PREDICATES)}."
            )
        try:
            condition_of(predicate)
        except RuleError as error:
            raise InvalidInputError(f"The {name} is no condition: {error}") from error


def check_run(request: dict[str, Any], account_id: str, region_name: str) -> None:
    """Raises InvalidInputError or NotImplementedError for a run that cannot be carried out as it is asked for."""
    check_role(request["Role"], account_id, region_name)
    for source in [request["DataSource"], *(request.get("AdditionalDataSources") or {}).values()]:
        check_source(source, account_id)
    if PRIMARY in {alias.lower() for alias in request.get("AdditionalDataSources") or {}}:
        raise InvalidInputError(f"{PRIMARY} is the name of the DataSource: give the additional one another.")
    options = request.get("AdditionalRunOptions") or {}
    if options.get("ResultsS3Prefix"):
        try:
            split_s3_url(options["ResultsS3Prefix"])
        except ValueError as error:
            raise InvalidInputError(f"ResultsS3Prefix: {error}") from error


def check_role(role: str, account_id: str, region_name: str) -> None:
    """Raises InvalidInputError for a role that does not exist; it is given by its name or its ARN."""
    backends: BackendDict[Any] = iam_backends
    known = backends[account_id][get_partition(region_name)].roles.values()
    if not any(role in {one.arn, one.name} for one in known):
        raise InvalidInputError(f"The role {role} does not exist: Glue Data Quality runs as a role of the account.")
