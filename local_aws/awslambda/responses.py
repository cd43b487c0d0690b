"""The Lambda API: parameters in, the backend's answers out."""

import base64
import json
import threading
from typing import Any
from urllib.parse import unquote

from moto.awslambda.models import lambda_backends
from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from local_aws.awslambda import asynchronous
from local_aws.awslambda.exceptions import (
    InvalidRequestContentException,
    RequestTooLargeException,
    ResourceNotFoundException,
    TooManyRequestsException,
)
from local_aws.awslambda.functions import Function
from local_aws.awslambda.invocation import run
from local_aws.awslambda.mappings import settings
from local_aws.awslambda.models import LocalLambdaBackend
from local_aws.awslambda.names import parse_function_name
from local_aws.awslambda.pages import page_of
from local_aws.awslambda.requests import CODE_UPDATE, CREATION, UPDATE
from local_aws.awslambda.validation import check_request, refuse_unsupported
from local_aws.public_addresses import REQUEST_THREADS

# Invocations that wait here leave threads to what functions ask of the endpoint.
_waiting_invocations = threading.BoundedSemaphore(REQUEST_THREADS - 8)

TYPE_RESPONSE = tuple[int, dict[str, str], bytes]


class LocalLambdaResponse(BaseResponse):
    use_raw_body = True

    def __init__(self) -> None:
        super().__init__(service_name="awslambda")
        self.automated_parameter_parsing = True
        self.request_id = ""

    @property
    def backend(self) -> LocalLambdaBackend:
        return lambda_backends[self.current_account][self.region]

    def _request(self, operation: str, supported: frozenset[str] | None = None) -> dict[str, Any]:
        """The parameters, checked; a name in the path may be an ARN."""
        request = {name: value for name, value in self.params.items() if value is not None}
        for name in ("FunctionName", "Resource"):
            if isinstance(request.get(name), str):
                request[name] = unquote(request[name])
        check_request(operation, request)
        if supported is not None:
            refuse_unsupported(operation, request, supported)
        return request

    def call_action(self) -> Any:
        """The id of an invocation's answer is the one in its log lines."""
        status, headers, body = super().call_action()
        if self.request_id:
            headers["x-amzn-requestid"] = self.request_id
        return status, headers, body

    def invoke(self) -> TYPE_RESPONSE:
        payload = self.raw_body or b""
        request = self._request(
            "Invoke", frozenset({"ClientContext", "FunctionName", "InvocationType", "LogType", "Payload", "Qualifier"})
        )
        name, qualifier = request["FunctionName"], request.get("Qualifier")
        function = self.backend.function(name)
        self.backend.version(name, qualifier)
        if payload:
            _check_json(payload)
        match request.get("InvocationType", "RequestResponse"):
            case "DryRun":
                return 204, {"status": "204"}, b""
            case "Event":
                return self._accept(function, parse_function_name(name, qualifier).qualifier, payload)
        if not _waiting_invocations.acquire(blocking=False):
            raise TooManyRequestsException("Rate Exceeded.", "ConcurrentInvocationLimitExceeded")
        try:
            invocation = run(
                self.backend, name, payload, qualifier=qualifier, client_context=_decoded(request.get("ClientContext"))
            )
        finally:
            _waiting_invocations.release()
        self.request_id = invocation.request_id
        headers = {"content-type": "application/json", "x-amz-executed-version": invocation.executed_version}
        if invocation.function_error:
            headers["x-amz-function-error"] = invocation.function_error
        if request.get("LogType") == "Tail":
            headers["x-amz-log-result"] = base64.b64encode(invocation.log_tail).decode()
        return invocation.status, headers, invocation.payload

    def _accept(self, function: Function, qualifier: str | None, payload: bytes) -> TYPE_RESPONSE:
        if len(payload) > asynchronous.MOST_EVENT_BYTES:
            raise RequestTooLargeException(
                f"{len(payload)} byte payload is too large for the Event invocation type"
                f" (limit {asynchronous.MOST_EVENT_BYTES} bytes)"
            )
        self.request_id = asynchronous.accept(f"{function.arn}:{qualifier}" if qualifier else function.arn, payload)
        return 202, {"status": "202"}, b""

    def create_function(self) -> ActionResult:
        return ActionResult(self.backend.create_function(self._request("CreateFunction", CREATION)).configuration())

    def get_function(self) -> ActionResult:
        request = self._request("GetFunction")
        function = self.backend.function(request["FunctionName"])
        version = self.backend.version(request["FunctionName"], request.get("Qualifier"))
        answer: dict[str, Any] = {
            "Configuration": version.configuration(),
            "Code": {"RepositoryType": "S3"},
            "Tags": function.tags,
        }
        if function.reserved_concurrency is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
        return ActionResult(answer)

    def get_function_configuration(self) -> ActionResult:
        request = self._request("GetFunctionConfiguration")
        return ActionResult(self.backend.version(request["FunctionName"], request.get("Qualifier")).configuration())

    def list_functions(self) -> ActionResult:
        request = self._request("ListFunctions", frozenset({"FunctionVersion", "Marker", "MaxItems"}))
        functions = list(self.backend.functions.values())
        with_versions = request.get("FunctionVersion") == "ALL"
        versions = [one for each in functions for one in (each.all_versions if with_versions else [each.latest])]
        return ActionResult(page_of("Functions", [one.configuration() for one in versions], request))

    def update_function_code(self) -> ActionResult:
        request = self._request("UpdateFunctionCode", CODE_UPDATE)
        return ActionResult(self.backend.update_function_code(request).configuration())

    def update_function_configuration(self) -> ActionResult:
        request = self._request("UpdateFunctionConfiguration", UPDATE)
        return ActionResult(self.backend.update_function_configuration(request).configuration())

    def delete_function(self) -> ActionResult:
        request = self._request("DeleteFunction")
        self.backend.delete_function(request["FunctionName"], request.get("Qualifier"))
        return EmptyResult()

    def publish_version(self) -> ActionResult:
        request = self._request(
            "PublishVersion", frozenset({"CodeSha256", "Description", "FunctionName", "RevisionId"})
        )
        return ActionResult(self.backend.publish_version(request["FunctionName"], request).configuration())

    def list_versions_by_function(self) -> ActionResult:
        request = self._request("ListVersionsByFunction")
        versions = self.backend.function(request["FunctionName"]).all_versions
        return ActionResult(page_of("Versions", [one.configuration() for one in versions], request))

    def create_alias(self) -> ActionResult:
        return ActionResult(self.backend.create_alias(self._request("CreateAlias")).described())

    def get_alias(self) -> ActionResult:
        request = self._request("GetAlias")
        return ActionResult(self.backend.alias(request["FunctionName"], request["Name"]).described())

    def update_alias(self) -> ActionResult:
        return ActionResult(self.backend.update_alias(self._request("UpdateAlias")).described())

    def delete_alias(self) -> ActionResult:
        request = self._request("DeleteAlias")
        self.backend.delete_alias(request["FunctionName"], request["Name"])
        return EmptyResult()

    def list_aliases(self) -> ActionResult:
        request = self._request("ListAliases")
        aliases = self.backend.function(request["FunctionName"]).aliases.values()
        chosen = [one for one in aliases if one.version == request.get("FunctionVersion", one.version)]
        return ActionResult(page_of("Aliases", [one.described() for one in chosen], request))

    def add_permission(self) -> ActionResult:
        request = self._request(
            "AddPermission",
            frozenset(
                {"Action", "EventSourceToken", "FunctionName", "Principal", "PrincipalOrgID", "Qualifier"}
                | {"SourceAccount", "SourceArn", "StatementId"}
            ),
        )
        return ActionResult({"Statement": json.dumps(self.backend.add_permission(request).document())})

    def get_policy(self) -> ActionResult:
        request = self._request("GetPolicy")
        statements = self.backend.statements(request["FunctionName"], request.get("Qualifier"))
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": [one.document() for one in statements]}
        return ActionResult({"Policy": json.dumps(policy)})

    def remove_permission(self) -> ActionResult:
        request = self._request("RemovePermission")
        self.backend.remove_permission(request["FunctionName"], request["StatementId"], request.get("Qualifier"))
        return EmptyResult()

    def put_function_concurrency(self) -> ActionResult:
        request = self._request("PutFunctionConcurrency")
        self.backend.put_function_concurrency(request["FunctionName"], request["ReservedConcurrentExecutions"])
        return self._concurrency(request)

    def get_function_concurrency(self) -> ActionResult:
        return self._concurrency(self._request("GetFunctionConcurrency"))

    def delete_function_concurrency(self) -> ActionResult:
        self.backend.delete_function_concurrency(self._request("DeleteFunctionConcurrency")["FunctionName"])
        return EmptyResult()

    def _concurrency(self, request: dict[str, Any]) -> ActionResult:
        reserved = self.backend.function(request["FunctionName"]).reserved_concurrency
        return ActionResult({} if reserved is None else {"ReservedConcurrentExecutions": reserved})

    def put_function_event_invoke_config(self) -> ActionResult:
        request = self._request("PutFunctionEventInvokeConfig")
        return ActionResult(self.backend.put_event_invoke_config(request).described())

    def update_function_event_invoke_config(self) -> ActionResult:
        request = self._request("UpdateFunctionEventInvokeConfig")
        return ActionResult(self.backend.put_event_invoke_config(request, keeps=True).described())

    def get_function_event_invoke_config(self) -> ActionResult:
        request = self._request("GetFunctionEventInvokeConfig")
        config = self.backend.event_invoke_config(request["FunctionName"], request.get("Qualifier"))
        return ActionResult(config.described())

    def delete_function_event_invoke_config(self) -> ActionResult:
        request = self._request("DeleteFunctionEventInvokeConfig")
        self.backend.delete_event_invoke_config(request["FunctionName"], request.get("Qualifier"))
        return EmptyResult()

    def list_function_event_invoke_configs(self) -> ActionResult:
        request = self._request("ListFunctionEventInvokeConfigs")
        configs = self.backend.function(request["FunctionName"]).event_invoke_configs.values()
        return ActionResult(page_of("FunctionEventInvokeConfigs", [one.described() for one in configs], request))

    def create_event_source_mapping(self) -> ActionResult:
        request = self._request("CreateEventSourceMapping", settings.CREATION)
        return ActionResult(self.backend.create_mapping(request).described("Creating"))

    def get_event_source_mapping(self) -> ActionResult:
        return ActionResult(self.backend.mapping(self._request("GetEventSourceMapping")["UUID"]).described())

    def update_event_source_mapping(self) -> ActionResult:
        request = self._request("UpdateEventSourceMapping", settings.UPDATE)
        return ActionResult(self.backend.update_mapping(request).described("Updating"))

    def delete_event_source_mapping(self) -> ActionResult:
        request = self._request("DeleteEventSourceMapping")
        return ActionResult(self.backend.delete_mapping(request["UUID"]).described("Deleting"))

    def list_event_source_mappings(self) -> ActionResult:
        request = self._request("ListEventSourceMappings")
        source_arn, name = request.get("EventSourceArn"), request.get("FunctionName")
        chosen = [
            mapping.described()
            for mapping in list(self.backend.mappings.values())
            if source_arn in (None, mapping.source_arn)
            and (name is None or parse_function_name(name).name == mapping.function_name)
        ]
        return ActionResult(page_of("EventSourceMappings", chosen, request))

    def list_tags(self) -> ActionResult:
        return ActionResult({"Tags": self._tags(self._request("ListTags"))})

    def tag_resource(self) -> ActionResult:
        request = self._request("TagResource")
        self._tags(request).update(request["Tags"])
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        request = self._request("UntagResource")
        for key in request["TagKeys"]:
            self._tags(request).pop(key, None)
        return EmptyResult()

    def _tags(self, request: dict[str, Any]) -> dict[str, str]:
        kind, _, name = request["Resource"].split(":", 5)[-1].partition(":")
        match kind:
            case "function":
                return self.backend.function(name).tags
            case "event-source-mapping":
                return self.backend.mapping(name).tags
        raise ResourceNotFoundException("The resource you requested does not exist.")


def _check_json(payload: bytes) -> None:
    try:
        json.loads(payload)
    except ValueError as error:
        raise InvalidRequestContentException(f"Could not parse request body into json: {error}") from error


def _decoded(client_context: str | None) -> str | None:
    """Raises InvalidRequestContentException for what is no JSON in base64."""
    if not client_context:
        return None
    try:
        decoded = base64.b64decode(client_context, validate=True).decode()
        json.loads(decoded)
    except ValueError as error:
        raise InvalidRequestContentException("Client context must be a valid Base64-encoded JSON object.") from error
    return decoded
