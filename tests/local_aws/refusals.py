"""Requests that the endpoint refuses."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def error_code(call: Callable, *arguments: Any, **named: Any) -> str:
    """The code of the error that a call answers with; a call that succeeds fails the test."""
    with pytest.raises(ClientError) as error:
        call(*arguments, **named)
    return error.value.response["Error"]["Code"]


def refusal(call: Callable, **named: Any) -> str:
    """As `error_code`, with the message: "code: message"."""
    with pytest.raises(ClientError) as error:
        call(**named)
    said = error.value.response["Error"]
    return f"{said['Code']}: {said['Message']}"
