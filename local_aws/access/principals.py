"""Who acts: the account's administrator, or a session of a role."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType

from local_aws.access.policies.patterns import Values
from local_aws.settings import ACCOUNT_ID

NO_VALUES: Values = MappingProxyType({})


@dataclass(frozen=True)
class Administrator:
    """Everybody whose credentials are not those of a role's session: a user of the account.

    The identifier has the form of users' (IAM user guide, IAM identifiers).
    """

    account_id: str = ACCOUNT_ID
    user_name: str = "moto"
    user_id: str = "AIDACKCEVSQ6C2EXAMPLE"

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:user/{self.user_name}"


@dataclass(frozen=True)
class RoleSession:
    """A session of a role; `issued_at` is in seconds of the epoch, `policy` the session policy's text."""

    role_arn: str
    role_id: str
    session_name: str
    policy: str | None = None
    issued_at: float = 0

    @property
    def partition(self) -> str:
        return self.role_arn.split(":")[1]

    @property
    def account_id(self) -> str:
        return self.role_arn.split(":")[4]

    @property
    def role_name(self) -> str:
        return self.role_arn.rpartition("/")[2]

    @property
    def arn(self) -> str:
        """The session's ARN, which has the role's name without its path (IAM user guide, IAM identifiers)."""
        return f"arn:{self.partition}:sts::{self.account_id}:assumed-role/{self.role_name}/{self.session_name}"

    @property
    def user_id(self) -> str:
        return f"{self.role_id}:{self.session_name}"


Principal = Administrator | RoleSession
ADMINISTRATOR = Administrator()


@dataclass(frozen=True)
class _Actor:
    principal: Principal = ADMINISTRATOR
    values: Values = field(default_factory=lambda: NO_VALUES)


_actor: ContextVar[_Actor] = ContextVar("actor", default=_Actor())  # noqa: B039 - immutable


def current_principal() -> Principal:
    """Who this thread acts as. Work that goes on in another thread captures it and enters it there."""
    return _actor.get().principal


def current_user_id() -> str:
    """The unique identifier of who this thread acts as, `aws:userid` in policies."""
    return current_principal().user_id


def current_values() -> Values:
    """Values of condition keys that the request or the service on whose way it is gives to every action."""
    return _actor.get().values


@contextmanager
def acting_as(principal: Principal, values: Values = NO_VALUES, via: str | None = None) -> Iterator[None]:
    """Act as the principal within the block; `via` is the service that calls others with the principal's credentials.

    The keys of such calls are those of forward access sessions (IAM user guide, Forward access sessions).
    """
    if via:
        values = {**values, "aws:viaawsservice": "true", "aws:calledvia": (via,)}
        values |= {"aws:calledviafirst": via, "aws:calledvialast": via}
    token = _actor.set(_Actor(principal, values))
    try:
        yield
    finally:
        _actor.reset(token)
