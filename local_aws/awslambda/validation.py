"""What Lambda refuses: by its own model of requests, and by what the developer guide says besides."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from local_aws.awslambda.exceptions import InvalidParameterValueException, ValidationException

# Developer guide, "Lambda quotas". The model of requests allows more memory, for managed instances.
MOST_MEMORY_MB = 10_240
MOST_TIMEOUT_SECONDS = 900
MOST_ENVIRONMENT_BYTES = 4096
LONGEST_NAME = 64
# Developer guide, "Defined runtime environment variables": these cannot be set in the function configuration.
RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    }
)  # fmt: skip
VARIABLE_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")


@cache
def service_model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("lambda")


def check_request(operation: str, request: dict[str, Any]) -> None:
    """Raises ValidationException for all that the operation's model does not allow, a parameter that it lacks first."""
    shape = service_model().operation_model(operation).input_shape
    problems = list(_problems(request, shape, ""))
    if problems:
        noun = "error" if len(problems) == 1 else "errors"
        raise ValidationException(f"{len(problems)} validation {noun} detected: {'; '.join(problems)}")


def refuse_unsupported(operation: str, request: dict[str, Any], supported: frozenset[str]) -> None:
    """Raises NotImplementedError, by its name, for a parameter that would be ignored."""
    given = {name for name, value in request.items() if value not in (None, {}, [], "")}
    unsupported = sorted(given - supported)
    if unsupported:
        raise NotImplementedError(f"The parameter {unsupported[0]} of {operation}")


def check_function(request: dict[str, Any]) -> None:
    """Of a function's configuration, what the model leaves open. Raises Lambda's errors, and NotImplementedError."""
    memory_mb, timeout = request.get("MemorySize"), request.get("Timeout")
    if memory_mb is not None and memory_mb > MOST_MEMORY_MB:
        limit = f"Member must have value less than or equal to {MOST_MEMORY_MB}"
        raise ValidationException(_one_problem(memory_mb, "memorySize", limit))
    if timeout is not None and timeout > MOST_TIMEOUT_SECONDS:
        limit = f"Member must have value less than or equal to {MOST_TIMEOUT_SECONDS}"
        raise ValidationException(_one_problem(timeout, "timeout", limit))
    runtime = request.get("Runtime")
    if runtime is not None and not re.fullmatch(r"python3\.\d+", runtime):
        raise NotImplementedError(
            f"The runtime {runtime}: functions run on the endpoint's Python, so give a runtime python3.x"
        )
    _check_environment(request.get("Environment", {}).get("Variables") or {})
    if request.get("LoggingConfig", {}).get("LogFormat") == "JSON":
        raise NotImplementedError("The log format JSON: functions log text")


def _check_environment(variables: dict[str, str]) -> None:
    reserved = sorted(RESERVED_VARIABLES & variables.keys())
    if reserved:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have"
            " provided contains reserved keys that are currently not supported for modification. Reserved keys used in"
            f" this request: {', '.join(reserved)}"
        )
    for name in variables:
        if not VARIABLE_NAME.fullmatch(name):
            pattern = "Map keys must satisfy constraint: [Member must satisfy regular expression pattern:"
            raise ValidationException(
                _one_problem(variables, "environment.variables", f"{pattern} {VARIABLE_NAME.pattern}]")
            )
    if sum(len(name.encode()) + len(value.encode()) for name, value in variables.items()) > MOST_ENVIRONMENT_BYTES:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have"
            f" provided exceeded the {MOST_ENVIRONMENT_BYTES // 1024}KB limit."
        )


def check_name(name: str) -> None:
    if len(name) > LONGEST_NAME:
        limit = f"Member must have length less than or equal to {LONGEST_NAME}"
        raise ValidationException(_one_problem(name, "functionName", limit))


def _one_problem(value: Any, path: str, constraint: str) -> str:
    return f"1 validation error detected: {_problem(value, path, constraint)}"


def _problem(value: Any, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _problems(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _structure_problems(value, shape, path)
    elif isinstance(shape, ListShape):
        yield from _size_problems(value, shape, path, "length")
        for item in value:
            yield from _problems(item, shape.member, f"{path}.member")
    elif isinstance(shape, MapShape):
        for item in value.values():
            yield from _problems(item, shape.value, f"{path}.member")
    elif shape.type_name == "string":
        yield from _text_problems(value, shape, path)
    elif shape.type_name in {"integer", "long", "double", "float"}:
        yield from _size_problems(value, shape, path, "value")


def _structure_problems(value: dict[str, Any], shape: StructureShape, path: str) -> Iterator[str]:
    for name, given in value.items():
        if name not in shape.members:
            raise ValidationException(f"The parameter {name} is not one of {shape.name}")
        if given is not None:
            yield from _problems(given, shape.members[name], _joined(path, name))
    for name in shape.required_members:
        if value.get(name) is None:
            yield _problem("null", _joined(path, name), "Member must not be null").replace("'null'", "null")


def _text_problems(value: str, shape: Shape, path: str) -> Iterator[str]:
    enum, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
    if enum and value not in enum:
        yield _problem(value, path, f"Member must satisfy enum value set: [{', '.join(enum)}]")
    if pattern and not re.fullmatch(pattern, value):
        yield _problem(value, path, f"Member must satisfy regular expression pattern: {pattern}")
    yield from _size_problems(value, shape, path, "length")


def _size_problems(value: Any, shape: Shape, path: str, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    size = len(value) if what == "length" else value
    if least is not None and size < least:
        yield _problem(value, path, f"Member must have {what} greater than or equal to {least}")
    if most is not None and size > most:
        yield _problem(value, path, f"Member must have {what} less than or equal to {most}")


def _joined(path: str, name: str) -> str:
    lowered = name[0].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered
