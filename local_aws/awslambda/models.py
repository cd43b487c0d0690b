"""Lambda's control plane: functions, versions, aliases and permissions. What runs is in `execution`."""

import random
from dataclasses import replace
from typing import Any

from moto.core.base_backend import BaseBackend

from local_aws.awslambda import asynchronous, execution
from local_aws.awslambda.code import archive_of, remove_unused, unpack
from local_aws.awslambda.event_invoke_configs import EventInvokeConfigs
from local_aws.awslambda.exceptions import (
    InvalidParameterValueException,
    PreconditionFailedException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from local_aws.awslambda.functions import LATEST, Alias, Function, Version, new_revision, now
from local_aws.awslambda.lock import lambda_lock
from local_aws.awslambda.mappings.backend import Mappings
from local_aws.awslambda.names import parse_function_name
from local_aws.awslambda.policy import Statement, statement_of
from local_aws.awslambda.requests import check_role, configured
from local_aws.awslambda.validation import check_function, check_name

# Lambda quotas: concurrent executions of an account, of which a reservation has to leave some to other functions.
CONCURRENCY_QUOTA = 1000
LEAST_UNRESERVED = 100


class LocalLambdaBackend(EventInvokeConfigs, Mappings, BaseBackend):
    """The service's state in one region of one account."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.functions: dict[str, Function] = {}

    def resume_after_restart(self) -> None:
        remove_unused({version.code.digest for one in self.functions.values() for version in one.all_versions})
        self.start_mappings()
        asynchronous.start()

    def function(self, name: str) -> Function:
        """The function of a name or ARN, whatever its qualifier. Raises ResourceNotFoundException."""
        parsed = parse_function_name(name)
        function = self.functions.get(parsed.name)
        if function is None:
            raise ResourceNotFoundException(f"Function not found: {self.function_arn(parsed.name)}")
        return function

    def function_arn(self, name: str) -> str:
        return f"arn:{self.partition}:lambda:{self.region_name}:{self.account_id}:function:{name}"

    def version(self, name: str, qualifier: str | None = None) -> Version:
        """The version that a name and a qualifier stand for now, an alias's by its weights."""
        function, qualifier = self.function(name), parse_function_name(name, qualifier).qualifier
        if qualifier in (None, LATEST):
            return function.latest
        if qualifier in function.aliases:
            alias = function.aliases[qualifier]
            numbers = [alias.version, *alias.weights]
            shares = [1 - sum(alias.weights.values()), *alias.weights.values()]
            qualifier = random.choices(numbers, shares)[0]  # noqa: S311
            return function.latest if qualifier == LATEST else function.versions[qualifier]
        if qualifier not in function.versions:
            raise ResourceNotFoundException(f"Function not found: {function.arn}:{qualifier}")
        return function.versions[qualifier]

    def check_qualifier(self, function: Function, qualifier: str | None) -> str:
        """The qualifier that something is kept by. Raises ResourceNotFoundException."""
        qualifier = qualifier or LATEST
        if qualifier != LATEST and qualifier not in function.aliases and qualifier not in function.versions:
            raise ResourceNotFoundException(f"Function not found: {function.arn}:{qualifier}")
        return qualifier

    def create_function(self, request: dict[str, Any]) -> Version:
        check_function(request)
        name = parse_function_name(request["FunctionName"]).name
        check_name(name)
        check_role(request["Role"], self.function_arn(name))
        if not request.get("Handler") or not request.get("Runtime"):
            raise InvalidParameterValueException(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages."
            )
        if name in self.functions:
            raise ResourceConflictException(f"Function already exist: {name}")
        code = unpack(archive_of(request.get("Code") or {}, self.account_id, self.region_name))
        latest = Version(
            account_id=self.account_id,
            region_name=self.region_name,
            function_name=name,
            function_arn=self.function_arn(name),
            role=request["Role"],
            runtime=request["Runtime"],
            handler=request["Handler"],
            code=code,
        )
        with lambda_lock:
            if name in self.functions:
                raise ResourceConflictException(f"Function already exist: {name}")
            function = Function(name, self.function_arn(name), configured(latest, request))
            function.tags = dict(request.get("Tags") or {})
            self.functions[name] = function
            return self.publish_version(name) if request.get("Publish") else function.latest

    def delete_function(self, name: str, qualifier: str | None) -> None:
        """Delete a version, or the function with all that goes by its name; its mappings stay, as on AWS."""
        with lambda_lock:
            function, qualifier = self.function(name), parse_function_name(name, qualifier).qualifier
            if qualifier is None:
                del self.functions[function.name]
                gone = function.all_versions
            else:
                gone = [self._delete_version(function, qualifier)]
        for version in gone:
            execution.retire(version)

    def _delete_version(self, function: Function, qualifier: str) -> Version:
        if qualifier == LATEST:
            raise InvalidParameterValueException("$LATEST version cannot be deleted without deleting the function.")
        using = [alias.name for alias in function.aliases.values() if qualifier in (alias.version, *alias.weights)]
        if using:
            raise ResourceConflictException(
                f"Unable to delete version {qualifier} because the following aliases reference it: {using}"
            )
        if qualifier not in function.versions:
            raise ResourceNotFoundException(f"Function not found: {function.arn}:{qualifier}")
        return function.versions.pop(qualifier)

    def update_function_code(self, request: dict[str, Any]) -> Version:
        code = unpack(archive_of(request, self.account_id, self.region_name))
        function = self.function(request["FunctionName"])
        changed = replace(function.latest, code=code)
        if request.get("Architectures"):
            changed = replace(changed, architecture=request["Architectures"][0])
        if request.get("DryRun"):
            return changed
        return self._change(function, changed, request)

    def update_function_configuration(self, request: dict[str, Any]) -> Version:
        check_function(request)
        function = self.function(request["FunctionName"])
        if request.get("Role"):
            check_role(request["Role"], function.arn)
        return self._change(function, configured(function.latest, request), request)

    def _change(self, function: Function, changed: Version, request: dict[str, Any]) -> Version:
        with lambda_lock:
            check_revision(request, function.latest.revision_id)
            before = function.latest
            function.latest = replace(changed, last_modified=now(), revision_id=new_revision())
            answer = self.publish_version(function.name) if request.get("Publish") else function.latest
        execution.retire(before)
        return answer

    def publish_version(self, name: str, request: dict[str, Any] | None = None) -> Version:
        """What has not changed since it was published is not published again."""
        request = request or {}
        with lambda_lock:
            function = self.function(name)
            check_revision(request, function.latest.revision_id)
            digest = request.get("CodeSha256")
            if digest and digest != function.latest.code.sha256:
                raise InvalidParameterValueException(
                    f"CodeSHA256 ({digest}) is different from current CodeSHA256 in $LATEST"
                    f" ({function.latest.code.sha256}). Please try again with the CodeSHA256 in $LATEST."
                )
            last = function.versions.get(str(function.last_number))
            if last and last.has_content_of(function.latest):
                return last
            function.last_number += 1
            version = function.latest.published(str(function.last_number), request.get("Description"))
            function.versions[version.number] = version
            return version

    def alias(self, name: str, alias_name: str) -> Alias:
        function = self.function(name)
        if alias_name not in function.aliases:
            raise ResourceNotFoundException(f"Cannot find alias arn: {function.arn}:{alias_name}")
        return function.aliases[alias_name]

    def create_alias(self, request: dict[str, Any]) -> Alias:
        with lambda_lock:
            function, name = self.function(request["FunctionName"]), request["Name"]
            if name in function.aliases:
                raise ResourceConflictException(f"Alias already exists: {function.arn}:{name}")
            alias = Alias(name, f"{function.arn}:{name}", self._version_number(function, request["FunctionVersion"]))
            self._set_alias(function, alias, request)
            function.aliases[name] = alias
            return alias

    def update_alias(self, request: dict[str, Any]) -> Alias:
        with lambda_lock:
            alias = self.alias(request["FunctionName"], request["Name"])
            check_revision(request, alias.revision_id)
            function = self.function(request["FunctionName"])
            if request.get("FunctionVersion"):
                alias.version = self._version_number(function, request["FunctionVersion"])
            self._set_alias(function, alias, request)
            alias.revision_id = new_revision()
            return alias

    def _set_alias(self, function: Function, alias: Alias, request: dict[str, Any]) -> None:
        if request.get("Description") is not None:
            alias.description = request["Description"]
        if request.get("RoutingConfig") is not None:
            weights = request["RoutingConfig"].get("AdditionalVersionWeights") or {}
            if len(weights) > 1 or any(not 0 <= weight <= 1 for weight in weights.values()):
                raise InvalidParameterValueException(
                    "An alias routes to one additional version at most, with a weight between 0 and 1."
                )
            alias.weights = {self._version_number(function, number): weight for number, weight in weights.items()}

    def _version_number(self, function: Function, number: str) -> str:
        if number != LATEST and number not in function.versions:
            raise ResourceNotFoundException(f"Function not found: {function.arn}:{number}")
        return number

    def delete_alias(self, name: str, alias_name: str) -> None:
        with lambda_lock:
            function = self.function(name)
            function.aliases.pop(alias_name, None)
            function.statements.pop(alias_name, None)
            function.event_invoke_configs.pop(alias_name, None)

    def add_permission(self, request: dict[str, Any]) -> Statement:
        with lambda_lock:
            function = self.function(request["FunctionName"])
            given = parse_function_name(request["FunctionName"], request.get("Qualifier")).qualifier
            qualifier = self.check_qualifier(function, given)
            statements = function.statements.setdefault(qualifier, [])
            if any(one.sid == request["StatementId"] for one in statements):
                raise ResourceConflictException(
                    f"The statement id ({request['StatementId']}) provided already exists. Please provide a new"
                    " statement id, or remove the existing statement."
                )
            resource = function.arn if qualifier == LATEST else f"{function.arn}:{qualifier}"
            statement = statement_of(request, resource)
            statements.append(statement)
            return statement

    def statements(self, name: str, qualifier: str | None = None) -> list[Statement]:
        """Raises ResourceNotFoundException where nobody was given a permission."""
        function = self.function(name)
        qualifier = parse_function_name(name, qualifier).qualifier or LATEST
        if not function.statements.get(qualifier):
            raise ResourceNotFoundException("The resource you requested does not exist.")
        return function.statements[qualifier]

    def remove_permission(self, name: str, statement_id: str, qualifier: str | None) -> None:
        with lambda_lock:
            statements = self.statements(name, qualifier)
            kept = [one for one in statements if one.sid != statement_id]
            if len(kept) == len(statements):
                raise ResourceNotFoundException(f"Statement {statement_id} is not found in resource policy.")
            statements[:] = kept

    def put_function_concurrency(self, name: str, reserved: int) -> None:
        with lambda_lock:
            function = self.function(name)
            others = [one.reserved_concurrency or 0 for one in self.functions.values() if one is not function]
            if CONCURRENCY_QUOTA - sum(others) - reserved < LEAST_UNRESERVED:
                raise InvalidParameterValueException(
                    "Specified ReservedConcurrentExecutions for function decreases account's"
                    f" UnreservedConcurrentExecution below its minimum value of [{LEAST_UNRESERVED}]."
                )
            function.reserved_concurrency = reserved

    def delete_function_concurrency(self, name: str) -> None:
        self.function(name).reserved_concurrency = None


def check_revision(request: dict[str, Any], revision_id: str) -> None:
    given = request.get("RevisionId")
    if given and given != revision_id:
        raise PreconditionFailedException(
            "The RevisionId provided does not match the latest RevisionId for the Lambda function or alias. Call the"
            " GetFunction or the GetAlias API to retrieve the latest RevisionId for your resource."
        )
