"""Services whose requests and answers are JSON documents that pass as they are, for requests of many records.

moto's own way parses and serializes every value of a request by the service's model, which costs more than the work.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from botocore import xform_name
from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.core.responses import BaseResponse

Parameters = dict[str, Any]
Operation = Callable[[Any, Parameters], dict[str, Any] | None]


def operation(required: Iterable[str] = (), optional: Iterable[str] = ()) -> Callable[[Operation], Operation]:
    """Of a method that is an operation of the service: the parameters that it must have, and those that it may have."""

    def declare(method: Operation) -> Operation:
        method.required, method.known = tuple(required), {*required, *optional}  # type: ignore[attr-defined]
        return method

    return declare


class JsonResponse(BaseResponse):
    """A method of an operation's name in snake_case takes the parameters and gives the answer's members.

    An operation without a method, and a parameter that would be ignored, are refused by name.
    """

    content_type: ClassVar[str] = "application/x-amz-json-1.1"
    error_prefix: ClassVar[str] = ""

    def call_action(self) -> TYPE_RESPONSE:
        name = self._get_action()
        method = getattr(type(self), xform_name(name), None)
        if not hasattr(method, "known"):
            raise NotImplementedError(f"The operation {name} is not supported by the local endpoint")
        parameters: Parameters = {}
        failure: ServiceException | None = None
        try:
            parameters = self._parameters(name, method)
            answer = method(self, parameters)
            status, body = 200, "" if answer is None else json.dumps(answer, separators=(",", ":"))
        except ServiceException as error:
            failure = error
            status, body = 400, json.dumps(self._error(error))
        self.answered(name, parameters, failure)
        return status, {**self.response_headers, "Content-Type": self.content_type}, body

    def answered(self, name: str, parameters: Parameters, error: ServiceException | None) -> None:
        """Called after each request of an operation, for what a service counts."""

    def _parameters(self, name: str, method: Any) -> Parameters:
        try:
            parameters = json.loads(self.body or "{}")
        except ValueError as error:
            raise ServiceException("SerializationException", f"The request is no JSON: {error}") from error
        if unknown := sorted(parameters.keys() - method.known):
            raise NotImplementedError(f"The parameter {unknown[0]} of {name} is not supported by the local endpoint")
        for required in method.required:
            if parameters.get(required) is None:
                raise ServiceException(
                    "ValidationException",
                    f"1 validation error detected: Value null at '{required[0].lower()}{required[1:]}' failed to"
                    " satisfy constraint: Member must not be null",
                )
        return parameters

    def _error(self, error: ServiceException) -> dict[str, Any]:
        """The document of an error; further members of its shape are the error's `members`."""
        members = getattr(error, "members", {})
        return {"__type": self.error_prefix + error.code, "message": error.message, **members}
