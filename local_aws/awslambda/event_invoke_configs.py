"""What the API keeps of a function's asynchronous invocations: retries, age, destinations."""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local_aws.awslambda.exceptions import InvalidParameterValueException, ResourceNotFoundException
from local_aws.awslambda.functions import LATEST, EventInvokeConfig
from local_aws.awslambda.lock import lambda_lock
from local_aws.awslambda.names import parse_function_name

if TYPE_CHECKING:
    from local_aws.awslambda.models import LocalLambdaBackend

DESTINATION = re.compile(r"arn:aws[\w-]*:(sqs|sns|lambda|events|s3):.*")


class EventInvokeConfigs:
    """A part of the backend."""

    def event_invoke_config(self: "LocalLambdaBackend", name: str, qualifier: str | None = None) -> EventInvokeConfig:
        function, qualifier = self.function(name), parse_function_name(name, qualifier).qualifier or LATEST
        if qualifier not in function.event_invoke_configs:
            raise ResourceNotFoundException(
                f"The function {function.arn}:{qualifier} doesn't have an EventInvokeConfig"
            )
        return function.event_invoke_configs[qualifier]

    def put_event_invoke_config(
        self: "LocalLambdaBackend", request: dict[str, Any], *, keeps: bool = False
    ) -> EventInvokeConfig:
        """The request's settings take the place of all there are, or of those that it names when it `keeps` others."""
        with lambda_lock:
            function = self.function(request["FunctionName"])
            given = parse_function_name(request["FunctionName"], request.get("Qualifier")).qualifier
            qualifier = self.check_qualifier(function, given)
            config = (
                self.event_invoke_config(function.name, qualifier)
                if keeps
                else EventInvokeConfig(f"{function.arn}:{qualifier}")
            )
            if request.get("MaximumRetryAttempts") is not None:
                config.most_retries = request["MaximumRetryAttempts"]
            if request.get("MaximumEventAgeInSeconds") is not None:
                config.most_age_seconds = request["MaximumEventAgeInSeconds"]
            destinations = request.get("DestinationConfig") or {}
            if "OnSuccess" in destinations:
                config.on_success = checked_destination(destinations["OnSuccess"])
            if "OnFailure" in destinations:
                config.on_failure = checked_destination(destinations["OnFailure"])
            config.last_modified = datetime.now(UTC)
            function.event_invoke_configs[qualifier] = config
            return config

    def delete_event_invoke_config(self: "LocalLambdaBackend", name: str, qualifier: str | None = None) -> None:
        with lambda_lock:
            self.event_invoke_config(name, qualifier)
            qualifier = parse_function_name(name, qualifier).qualifier or LATEST
            del self.function(name).event_invoke_configs[qualifier]


def checked_destination(destination: dict[str, Any]) -> str:
    """The ARN, or an empty text for none. Queues, topics and functions are told; others are refused by their name."""
    arn = destination.get("Destination") or ""
    if not arn:
        return ""
    match = DESTINATION.fullmatch(arn)
    if not match:
        raise InvalidParameterValueException(f"The provided destination config DestinationConfig is invalid: {arn}")
    if match[1] in {"events", "s3"}:
        raise NotImplementedError(f"A destination of the service {match[1]}: give a queue, a topic or a function")
    return arn
