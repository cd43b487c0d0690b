"""Namespaces and workgroups. The database behind a namespace is real; a workgroup's endpoint is the server it is on."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.core.base_backend import BackendDict, BaseBackend
from moto.secretsmanager.models import SecretsManagerBackend, secretsmanager_backends

from local_aws.redshift_serverless import warehouse
from local_aws.redshift_serverless.exceptions import ConflictException, ResourceNotFoundException, ValidationException

# What AWS takes when the request does not say.
DEFAULT_DATABASE = "dev"
DEFAULT_BASE_CAPACITY = 128


@dataclass
class Namespace:
    namespace_name: str
    namespace_arn: str
    namespace_id: str
    db_name: str
    admin_username: str
    iam_roles: list[str] = field(default_factory=list)
    default_iam_role_arn: str | None = None
    log_exports: list[str] = field(default_factory=list)
    admin_password_secret_arn: str | None = None
    status: str = "AVAILABLE"
    creation_date: datetime = field(default_factory=lambda: datetime.now(UTC))
    # A database that was there before the namespace outlives it.
    owns_database: bool = True


@dataclass
class Workgroup:
    workgroup_name: str
    workgroup_arn: str
    workgroup_id: str
    namespace_name: str
    endpoint: dict[str, Any]
    base_capacity: int = DEFAULT_BASE_CAPACITY
    max_capacity: int | None = None
    publicly_accessible: bool = False
    enhanced_vpc_routing: bool = False
    subnet_ids: list[str] = field(default_factory=list)
    security_group_ids: list[str] = field(default_factory=list)
    status: str = "AVAILABLE"
    creation_date: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def port(self) -> int:
        return self.endpoint["port"]


@dataclass
class UsageLimit:
    """Kept as it was asked for. Nothing is metered here, so it is never reached."""

    usage_limit_id: str
    usage_limit_arn: str
    resource_arn: str
    usage_type: str
    amount: int
    period: str = "monthly"
    breach_action: str = "log"


class LocalRedshiftServerlessBackend(BaseBackend):
    """The service's state in one region of one account."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.namespaces: dict[str, Namespace] = {}
        self.workgroups: dict[str, Workgroup] = {}
        self.usage_limits: dict[str, UsageLimit] = {}
        self.tags: dict[str, dict[str, str]] = {}

    @property
    def secrets_manager(self) -> SecretsManagerBackend:
        return secretsmanager_backends[self.account_id][self.region_name]

    def arn(self, kind: str, identifier: str) -> str:
        return f"arn:{self.partition}:redshift-serverless:{self.region_name}:{self.account_id}:{kind}/{identifier}"

    def create_namespace(
        self,
        namespace_name: str,
        db_name: str | None = None,
        admin_username: str | None = None,
        admin_user_password: str | None = None,
        is_password_managed: bool = False,
        tags: Iterable[dict[str, str]] = (),
        **settings: Any,
    ) -> Namespace:
        """Create the namespace and its database; `settings` are the other fields of Namespace."""
        if namespace_name in self.namespaces:
            raise ConflictException(f"The namespace {namespace_name} already exists.")
        if is_password_managed and admin_user_password:
            raise ValidationException("Give adminUserPassword or manageAdminPassword, not both.")
        identifier = str(uuid4())
        database = db_name or DEFAULT_DATABASE
        namespace = Namespace(
            namespace_name=namespace_name,
            namespace_arn=self.arn("namespace", identifier),
            namespace_id=identifier,
            db_name=database,
            admin_username=admin_username or warehouse.statement_user(database).name,
            owns_database=warehouse.create_database(database),
            **settings,
        )
        self._set_admin_password(namespace, admin_user_password, is_password_managed)
        self.namespaces[namespace_name] = namespace
        self.tag_resource(namespace.namespace_arn, tags)
        return namespace

    def _set_admin_password(self, namespace: Namespace, password: str | None, is_managed: bool) -> None:
        """Give the administrator's role its password; a managed one is kept in a secret, as AWS does it."""
        statement_user = warehouse.statement_user(namespace.db_name)
        is_own_role = namespace.admin_username != statement_user.name
        if namespace.admin_username == warehouse.server().user or (password and not is_own_role):
            raise ValidationException(
                f"{namespace.admin_username} is a user of the warehouse server's own: name another adminUsername."
            )
        if is_own_role:
            password = password or secrets.token_urlsafe(24)
            warehouse.set_administrator(namespace.db_name, namespace.admin_username, password)
        if is_managed:
            value = {"username": namespace.admin_username, "password": password or statement_user.password}
            namespace.admin_password_secret_arn = self._create_secret(namespace, json.dumps(value))

    def _create_secret(self, namespace: Namespace, value: str) -> str:
        created = self.secrets_manager.create_secret(
            name=f"redshift!{namespace.namespace_name}-{namespace.admin_username}",
            secret_string=value,
            secret_binary=None,
            description=f"Administrator's password of the Redshift Serverless namespace {namespace.namespace_name}",
            tags=[{"Key": "aws:redshift-serverless:namespaceArn", "Value": namespace.namespace_arn}],
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        return json.loads(created)["ARN"]

    def get_namespace(self, namespace_name: str) -> Namespace:
        if namespace_name not in self.namespaces:
            raise ResourceNotFoundException(f"The namespace {namespace_name} doesn't exist.")
        return self.namespaces[namespace_name]

    def update_namespace(
        self,
        namespace_name: str,
        admin_username: str | None = None,
        admin_user_password: str | None = None,
        is_password_managed: bool = False,
        **settings: Any,
    ) -> Namespace:
        namespace = self.get_namespace(namespace_name)
        for name, value in settings.items():
            setattr(namespace, name, value)
        namespace.admin_username = admin_username or namespace.admin_username
        manages_anew = is_password_managed and namespace.admin_password_secret_arn is None
        if admin_user_password or manages_anew:
            self._set_admin_password(namespace, admin_user_password, manages_anew)
        return namespace

    def delete_namespace(self, namespace_name: str) -> Namespace:
        namespace = self.get_namespace(namespace_name)
        users = [workgroup.workgroup_name for workgroup in self.workgroups_of(namespace_name)]
        if users:
            raise ConflictException(f"The namespace {namespace_name} has the workgroup {users[0]}: delete it first.")
        if namespace.owns_database:
            warehouse.drop_database(namespace.db_name)
        if namespace.admin_password_secret_arn:
            self.secrets_manager.delete_secret(
                namespace.admin_password_secret_arn, recovery_window_in_days=None, force_delete_without_recovery=True
            )
        self.tags.pop(namespace.namespace_arn, None)
        namespace.status = "DELETING"
        return self.namespaces.pop(namespace_name)

    def create_workgroup(
        self, workgroup_name: str, namespace_name: str, tags: Iterable[dict[str, str]] = (), **settings: Any
    ) -> Workgroup:
        """Create the workgroup; `settings` are the other fields of Workgroup."""
        if workgroup_name in self.workgroups:
            raise ConflictException(f"The workgroup {workgroup_name} already exists.")
        self.get_namespace(namespace_name)
        _check_capacity(settings.get("base_capacity", DEFAULT_BASE_CAPACITY), settings.get("max_capacity"))
        users = [workgroup.workgroup_name for workgroup in self.workgroups_of(namespace_name)]
        if users:
            raise ConflictException(f"The namespace {namespace_name} already has the workgroup {users[0]}.")
        server = warehouse.server()
        identifier = str(uuid4())
        workgroup = Workgroup(
            workgroup_name=workgroup_name,
            workgroup_arn=self.arn("workgroup", identifier),
            workgroup_id=identifier,
            namespace_name=namespace_name,
            endpoint={"address": server.host, "port": server.port},
            **settings,
        )
        self.workgroups[workgroup_name] = workgroup
        self.tag_resource(workgroup.workgroup_arn, tags)
        return workgroup

    def workgroups_of(self, namespace_name: str) -> list[Workgroup]:
        return [workgroup for workgroup in list(self.workgroups.values()) if workgroup.namespace_name == namespace_name]

    def get_workgroup(self, workgroup_name: str) -> Workgroup:
        if workgroup_name not in self.workgroups:
            raise ResourceNotFoundException(f"The workgroup {workgroup_name} doesn't exist.")
        return self.workgroups[workgroup_name]

    def update_workgroup(self, workgroup_name: str, **settings: Any) -> Workgroup:
        workgroup = self.get_workgroup(workgroup_name)
        _check_capacity(
            settings.get("base_capacity", workgroup.base_capacity), settings.get("max_capacity", workgroup.max_capacity)
        )
        for name, value in settings.items():
            setattr(workgroup, name, value)
        return workgroup

    def delete_workgroup(self, workgroup_name: str) -> Workgroup:
        workgroup = self.get_workgroup(workgroup_name)
        self.tags.pop(workgroup.workgroup_arn, None)
        for limit in self.find_usage_limits(workgroup.workgroup_arn, None):
            del self.usage_limits[limit.usage_limit_id]
        workgroup.status = "DELETING"
        return self.workgroups.pop(workgroup_name)

    def create_usage_limit(self, resource_arn: str, usage_type: str, amount: int, **settings: Any) -> UsageLimit:
        """`settings` are the other fields of UsageLimit; one limit per resource, usage and period."""
        self._check_arn(resource_arn)
        identifier = str(uuid4())
        limit = UsageLimit(identifier, self.arn("usagelimit", identifier), resource_arn, usage_type, amount, **settings)
        for known in self.find_usage_limits(resource_arn, usage_type):
            if known.period == limit.period:
                raise ConflictException(f"The resource {resource_arn} has a {limit.period} limit of {usage_type}.")
        _check_amount(amount)
        self.usage_limits[identifier] = limit
        return limit

    def find_usage_limits(self, resource_arn: str | None, usage_type: str | None) -> list[UsageLimit]:
        return [
            limit
            for limit in self.usage_limits.values()
            if resource_arn in {None, limit.resource_arn} and usage_type in {None, limit.usage_type}
        ]

    def get_usage_limit(self, usage_limit_id: str) -> UsageLimit:
        if usage_limit_id not in self.usage_limits:
            raise ResourceNotFoundException(f"The usage limit {usage_limit_id} doesn't exist.")
        return self.usage_limits[usage_limit_id]

    def update_usage_limit(self, usage_limit_id: str, **changes: Any) -> UsageLimit:
        limit = self.get_usage_limit(usage_limit_id)
        _check_amount(changes.get("amount", limit.amount))
        for name, value in changes.items():
            setattr(limit, name, value)
        return limit

    def delete_usage_limit(self, usage_limit_id: str) -> UsageLimit:
        limit = self.get_usage_limit(usage_limit_id)
        return self.usage_limits.pop(limit.usage_limit_id)

    def tag_resource(self, resource_arn: str, tags: Iterable[dict[str, str]]) -> None:
        self._check_arn(resource_arn)
        self.tags.setdefault(resource_arn, {}).update({tag["key"]: tag["value"] for tag in tags})

    def untag_resource(self, resource_arn: str, tag_keys: Iterable[str]) -> None:
        self._check_arn(resource_arn)
        for key in tag_keys:
            self.tags.get(resource_arn, {}).pop(key, None)

    def list_tags(self, resource_arn: str) -> dict[str, str]:
        self._check_arn(resource_arn)
        return self.tags.get(resource_arn, {})

    def _check_arn(self, resource_arn: str) -> None:
        arns = {namespace.namespace_arn for namespace in list(self.namespaces.values())}
        arns |= {workgroup.workgroup_arn for workgroup in list(self.workgroups.values())}
        if resource_arn not in arns:
            raise ResourceNotFoundException(f"The resource {resource_arn} doesn't exist.")


def _check_capacity(base: int, highest: int | None) -> None:
    if highest is not None and highest < base:
        raise ValidationException(f"The max capacity {highest} is less than the base capacity {base}.")


def _check_amount(amount: int) -> None:
    if amount <= 0:
        raise ValidationException("The amount of a usage limit must be a positive number.")


# boto3 lists no regions for redshift-serverless; Redshift's own are a superset of them.
redshiftserverless_backends = BackendDict(LocalRedshiftServerlessBackend, "redshift")
