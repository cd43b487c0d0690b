"""Connections to the database of a workgroup, as the user that a request names."""

import json
from dataclasses import dataclass

import psycopg2
from moto.secretsmanager.models import secretsmanager_backends
from psycopg2 import extensions

from local_aws.redshift_data.exceptions import ValidationException
from local_aws.redshift_serverless.models import Namespace, redshiftserverless_backends
from local_aws.redshift_serverless.warehouse import (
    User,
    ensure_prepared,
    prepare_database,
    server,
    statement_user,
    warehouse_dsn,
)

# A server that finds its client gone ends the statement, so that a killed endpoint leaves none running.
SESSION_OPTIONS = "-c timezone=UTC -c client_connection_check_interval=2s"


@dataclass(frozen=True)
class Target:
    """The database that a request is for. Credentials are looked up when connecting, never kept."""

    account_id: str
    region_name: str
    workgroup_name: str
    database: str
    secret_arn: str | None = None

    @property
    def namespace(self) -> Namespace:
        backend = redshiftserverless_backends[self.account_id][self.region_name]
        return backend.get_namespace(backend.get_workgroup(self.workgroup_name).namespace_name)

    def connect(self) -> extensions.connection:
        """A connection in a transaction, never as a superuser.

        Raises psycopg2.OperationalError when the server or the database refuses it.
        """
        if self.database != self.namespace.db_name:
            raise psycopg2.OperationalError(f'FATAL: database "{self.database}" does not exist')
        ensure_prepared(self.database)
        user = self._user()
        try:
            connection = self._log_in(user)
        except psycopg2.OperationalError as error:
            # A statement may have changed the password of the role that it runs under.
            if user != statement_user(self.database) or "password authentication failed" not in str(error):
                raise
            prepare_database(self.database)
            connection = self._log_in(user)
        if connection.get_parameter_status("is_superuser") != "off":
            connection.close()
            raise psycopg2.OperationalError(
                f'FATAL: "{user.name}" is a superuser of the server that plays Redshift: use another user'
            )
        return connection

    def _log_in(self, user: User) -> extensions.connection:
        return psycopg2.connect(
            warehouse_dsn(), dbname=self.database, options=SESSION_OPTIONS, user=user.name, password=user.password
        )

    def _user(self) -> User:
        """The secret's user; who has none, or the server's own, runs statements as the database's role."""
        if self.secret_arn:
            secret = json.loads(read_secret(self.account_id, self.region_name, self.secret_arn))
            if secret["username"] != server().user:
                return User(secret["username"], secret["password"])
        return statement_user(self.database)


def read_secret(account_id: str, region_name: str, secret_id: str) -> str:
    backend = secretsmanager_backends[account_id][region_name]
    return backend.get_secret_value(secret_id=secret_id, version_id="", version_stage="")["SecretString"]


def resolve_target(
    account_id: str,
    region_name: str,
    workgroup_name: str | None,
    cluster_identifier: str | None,
    database: str | None,
    secret_arn: str | None,
) -> Target:
    """The request's database; the errors are those of AWS for a request that names none."""
    if not workgroup_name and not cluster_identifier:
        raise ValidationException("Either ClusterIdentifier or WorkgroupName needs to be specified.")
    backend = redshiftserverless_backends[account_id][region_name]
    if not workgroup_name or workgroup_name not in backend.workgroups:
        raise ValidationException(
            "Redshift endpoint doesn't exist in this region."
            f" ({'The workgroup ' + workgroup_name if workgroup_name else 'The cluster ' + str(cluster_identifier)}"
            " is unknown to the local endpoint, which has serverless workgroups only.)"
        )
    if not database:
        raise ValidationException("The parameter Database is required.")
    if secret_arn:
        _check_secret(account_id, region_name, secret_arn)
    return Target(account_id, region_name, workgroup_name, database, secret_arn)


def _check_secret(account_id: str, region_name: str, secret_arn: str) -> None:
    if not secretsmanager_backends[account_id][region_name]._is_valid_identifier(secret_arn):
        raise ValidationException(f"The secret {secret_arn} can't be found.")
