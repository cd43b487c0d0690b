"""The STS API: moto's, with sessions of roles of the endpoint's own."""

from typing import NoReturn

from moto.core.responses import ActionResult
from moto.sts.responses import TokenResponse

from local_aws.access import RoleSession, current_principal
from local_aws.sts.models import LocalSTSBackend

DEFAULT_SECONDS = 3600
IGNORED_PARAMETERS = ("PolicyArns", "Tags", "TransitiveTagKeys", "SerialNumber", "TokenCode", "SourceIdentity")


class LocalTokenResponse(TokenResponse):
    @property
    def sts(self) -> LocalSTSBackend:
        return self.backend  # type: ignore[return-value]

    def assume_role(self) -> ActionResult:
        for name in IGNORED_PARAMETERS:
            if self._get_param(name):
                raise NotImplementedError(f"The parameter {name} of AssumeRole")
        credentials = self.sts.open_session(
            self._get_param("RoleArn", ""),
            self._get_param("RoleSessionName", ""),
            self._get_int_param("DurationSeconds", DEFAULT_SECONDS),
            self._get_param("Policy"),
            self._get_param("ExternalId"),
        )
        session = credentials.session
        result = {
            "Credentials": {
                "AccessKeyId": credentials.access_key_id,
                "SecretAccessKey": credentials.secret_access_key,
                "SessionToken": credentials.session_token,
                "Expiration": credentials.expiration,
            },
            "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        }
        return ActionResult(result)

    def assume_role_with_saml(self) -> NoReturn:
        raise NotImplementedError("Sessions of federated identities (AssumeRoleWithSAML)")

    def assume_role_with_web_identity(self) -> NoReturn:
        raise NotImplementedError("Sessions of federated identities (AssumeRoleWithWebIdentity)")

    def get_federation_token(self) -> NoReturn:
        raise NotImplementedError("Sessions of federated users (GetFederationToken): assume a role")

    def get_session_token(self) -> NoReturn:
        raise NotImplementedError("Sessions of users (GetSessionToken): assume a role")

    def get_caller_identity(self) -> ActionResult:
        principal = current_principal()
        if not isinstance(principal, RoleSession):
            return super().get_caller_identity()
        return ActionResult({"UserId": principal.user_id, "Account": principal.account_id, "Arn": principal.arn})
