"""The local Secrets Manager's backend: a rotation is done by the secret's function, in the background.

Source: Secrets Manager user guide, "Lambda function rotation" and "Rotate AWS Secrets Manager secrets".
"""

import logging
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceNotFoundException,
    SecretNotFoundException,
)
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend, secretsmanager_backends

from local_aws.awslambda.exceptions import AccessDeniedException
from local_aws.awslambda.exceptions import ResourceNotFoundException as FunctionNotFoundException
from local_aws.awslambda.invocation import backend_of, check_permission
from local_aws.secretsmanager.rotation import SERVICE, is_rotating, start_rotation

log = logging.getLogger(__name__)

PENDING = "AWSPENDING"
MOST_DAYS = 1000


class LocalSecretsManagerBackend(SecretsManagerBackend):
    """Secrets Manager in one region of one account."""

    def rotate_secret(
        self,
        secret_id: str,
        client_request_token: str | None = None,
        rotation_lambda_arn: str | None = None,
        rotation_rules: dict[str, Any] | None = None,
        rotate_immediately: bool = True,
    ) -> str:
        """Have the secret's function make, set, test and finish a new version; without `rotate_immediately`, test."""
        secret = self._secret_to_rotate(secret_id)
        function_arn = rotation_lambda_arn or secret.rotation_lambda_arn
        if not function_arn:
            raise InvalidRequestException("No Lambda rotation function ARN is associated with this secret.")
        _check_rules(rotation_rules or {})
        self._check_function(function_arn, secret)
        secret.rotation_lambda_arn = function_arn
        secret.rotation_requested = secret.rotation_enabled = True
        if rotation_rules:
            secret.auto_rotate_after_days = rotation_rules.get("AutomaticallyAfterDays", 0)
        version_id = self._pending_version(secret, client_request_token) if rotate_immediately else ""
        plan_next(secret)
        steps = ("create", "set", "test", "finish") if rotate_immediately else ("test",)
        token = version_id or secret.default_version_id
        start_rotation(secret, token, steps)
        return secret.to_short_dict(version_id=version_id or None)

    def _secret_to_rotate(self, secret_id: str) -> FakeSecret:
        if not self._is_valid_identifier(secret_id):
            raise SecretNotFoundException
        secret = self.secrets[secret_id]
        if not isinstance(secret, FakeSecret):
            raise InvalidRequestException("You can't rotate a replica: rotate its primary secret.")
        if secret.is_deleted():
            raise InvalidRequestException(
                "You tried to perform the operation on a secret that's currently marked deleted."
            )
        if is_rotating(secret):
            raise InvalidRequestException("A previous rotation isn't complete. That rotation will be reattempted.")
        return secret

    def _check_function(self, function_arn: str, secret: FakeSecret) -> None:
        try:
            check_permission(backend_of(function_arn), function_arn, SERVICE, secret.arn)
        except FunctionNotFoundException as error:
            raise ResourceNotFoundException(
                f"Secrets Manager can't find the specified Lambda function: {function_arn}"
            ) from error
        except AccessDeniedException as error:
            raise InvalidRequestException(
                f"Secrets Manager cannot invoke the specified Lambda function: {function_arn}. Ensure that the function"
                f" policy grants access to the principal {SERVICE}."
            ) from error

    def _pending_version(self, secret: FakeSecret, client_request_token: str | None) -> str:
        """The id of a version without a value, which the function's first step is to make."""
        if client_request_token:
            self._client_request_token_validator(client_request_token)
        version_id = client_request_token or str(uuid4())
        secret.remove_version_stages_from_old_versions([PENDING])
        secret.versions[version_id] = {
            "createdate": int(time.time()),
            "version_id": version_id,
            "version_stages": [PENDING],
        }
        return version_id

    def rotate_what_is_due(self) -> bool:
        """Rotate the secrets whose day has come; whether there were any."""
        due = [
            secret
            for secret in list(self.secrets.values())
            if isinstance(secret, FakeSecret)
            and secret.rotation_enabled
            and not secret.is_deleted()
            and 0 < (secret.next_rotation_date or 0) <= time.time()
        ]
        for secret in due:
            plan_next(secret)
            try:
                self.rotate_secret(secret.arn)
            except Exception:
                log.exception("The secret %s was not rotated", secret.name)
        return bool(due)


def plan_next(secret: FakeSecret) -> None:
    days = timedelta(days=secret.auto_rotate_after_days)
    secret.next_rotation_date = int(time.time() + days.total_seconds()) if days else None


def _check_rules(rules: dict[str, Any]) -> None:
    for name in ("ScheduleExpression", "Duration"):
        if rules.get(name):
            raise NotImplementedError(f"The parameter RotationRules.{name} of RotateSecret: say AutomaticallyAfterDays")
    days = rules.get("AutomaticallyAfterDays")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise InvalidParameterException("RotationRules.AutomaticallyAfterDays must be within 1-1000.")


__all__ = ["LocalSecretsManagerBackend", "secretsmanager_backends"]
