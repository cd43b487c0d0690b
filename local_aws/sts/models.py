"""Sessions of roles: who may assume a role, for how long, and as whom its credentials act."""

from moto.iam.models import Role, iam_backends
from moto.sts.models import STSBackend

from local_aws.access import ADMINISTRATOR, RoleSession, current_principal
from local_aws.access.decisions import sentence
from local_aws.access.errors import AccessDeniedError, PolicyNotEvaluatedError
from local_aws.access.policies.documents import policy_of
from local_aws.access.roles import role_of
from local_aws.access.service_calls import administrator_may_assume
from local_aws.access.sessions import SESSION_NAME, Credentials, issue
from local_aws.sts.exceptions import MalformedPolicyDocument, ValidationError

SHORTEST_SECONDS, CHAINED_SECONDS = 900, 3600


class LocalSTSBackend(STSBackend):
    def open_session(
        self, role_arn: str, session_name: str, seconds: int, policy: str | None, external_id: str | None
    ) -> Credentials:
        """Whether a role's session may assume the role was asked before; here it is whether the role trusts the
        administrator, and gives what is asked.

        Source: AWS STS API reference, AssumeRole.
        """
        role = self._trusting_role(role_arn, session_name, external_id)
        if not SESSION_NAME.fullmatch(session_name):
            raise ValidationError(
                f"1 validation error detected: Value '{session_name}' at 'roleSessionName' failed to satisfy"
                " constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*, with a length of 2 to 64"
            )
        self._check_duration(role, seconds)
        if policy:
            try:
                policy_of(policy)
            except PolicyNotEvaluatedError as error:
                raise MalformedPolicyDocument(f"The policy is not in the valid JSON format: {error}") from error
        return issue(role, session_name, seconds, policy)

    def _trusting_role(self, role_arn: str, session_name: str, external_id: str | None) -> Role:
        """Of a role that is not there STS says what it says of one that may not be assumed."""
        role, principal = role_of(role_arn), current_principal()
        is_session = isinstance(principal, RoleSession)
        values = {"sts:rolesessionname": session_name} | ({"sts:externalid": external_id} if external_id else {})
        if role is not None and (is_session or administrator_may_assume(role_arn, **values)):
            return role
        raise AccessDeniedError(sentence(principal.arn, "sts:AssumeRole", role_arn, ""), "sts:AssumeRole", role_arn)

    def _check_duration(self, role: Role, seconds: int) -> None:
        if seconds < SHORTEST_SECONDS:
            raise ValidationError(
                f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint:"
                f" Member must have value greater than or equal to {SHORTEST_SECONDS}"
            )
        if isinstance(current_principal(), RoleSession) and seconds > CHAINED_SECONDS:
            raise ValidationError(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
            )
        if seconds > int(role.max_session_duration or CHAINED_SECONDS):
            raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")

    def get_caller_identity(self, access_key_id: str, region: str) -> tuple[str, str, str]:  # noqa: ARG002 - as moto's
        """Identifier, ARN and account, for a key that is no role's. Users have keys of their own."""
        user = iam_backends[self.account_id][self.partition].get_user_from_access_key_id(access_key_id)
        if user:
            return user.id, user.arn, user.account_id
        return ADMINISTRATOR.user_id, ADMINISTRATOR.arn, ADMINISTRATOR.account_id
