"""What a person can mend, told in one sentence: what went wrong, where, and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    SSOError,
    TokenRetrievalError,
)

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_REFUSED = {
    "AuthFailure",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_DISABLED_REGION = {"OptInRequired", "IllegalLocationConstraintException"}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


class DeploymentError(Exception):
    """One sentence for the user."""


@contextmanager
def explained_errors(region: str) -> Iterator[None]:
    """Turn the errors of AWS's client into DeploymentError."""
    try:
        yield
    except (NoCredentialsError, SSOError, TokenRetrievalError) as error:
        raise DeploymentError(
            f"There are no AWS credentials to use ({_one_line(error)}): sign in with `aws sso login`, or set "
            "AWS_PROFILE, and run the command again."
        ) from error
    except EndpointConnectionError as error:
        raise DeploymentError(
            f"AWS cannot be reached in region {region} ({_one_line(error)}): check the region and the network, and run "
            "the command again."
        ) from error
    except ClientError as error:
        raise DeploymentError(_client_error(error, region)) from error
    except BotoCoreError as error:
        raise DeploymentError(f"{_one_line(error)} (region {region}): mend it and run the command again.") from error


def _client_error(error: ClientError, region: str) -> str:
    code, message = error.response["Error"]["Code"], _one_line(error.response["Error"].get("Message", ""))
    if code in _EXPIRED:
        return "The AWS credentials have expired: sign in again and run the command again, it goes on where it stopped."
    if code in _REFUSED:
        return (
            f"AWS does not accept the credentials in region {region} ({code}): sign in again, or check that the "
            "account has this region enabled."
        )
    if code in _DISABLED_REGION:
        return f"The account has region {region} not enabled: enable it or choose another one with --region."
    if code in _DENIED:
        return f"The AWS user or role may not do this: {message} Ask for the permission and run the command again."
    return f"AWS answered {code} to {error.operation_name} in region {region}: {message}"


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
