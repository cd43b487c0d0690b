"""What is answered to those who may not, in the words of AWS."""


class AccessError(Exception):
    """Why a request is not begun; each service answers it in its own form. `str()` is AWS's sentence."""

    code: str

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AccessDeniedError(AccessError):
    """A principal may not do what it asked for."""

    code = "AccessDenied"

    def __init__(self, message: str, action: str, resource: str) -> None:
        super().__init__(message)
        self.action = action
        self.resource = resource


class ExpiredTokenError(AccessError):
    """A session's time is over."""

    code = "ExpiredToken"

    def __init__(self) -> None:
        super().__init__("The security token included in the request is expired")


class InvalidTokenError(AccessError):
    """The token is not the one that was issued with the access key."""

    code = "InvalidClientTokenId"

    def __init__(self) -> None:
        super().__init__("The security token included in the request is invalid.")


class PolicyNotEvaluatedError(NotImplementedError):
    """A policy has an element, an operator or a key that the endpoint does not know: guessing would be no answer."""
