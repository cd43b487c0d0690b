"""What Redshift Serverless needs beside its stack: roles of the database with their rights, and a limit of its costs.

CloudFormation has no resource type for either. Everything may be repeated.
"""

import time
from pathlib import Path
from typing import Any

import boto3
import sqlparse

from deployment.change_sets import Terminal
from deployment.errors import DeploymentError

DATABASE = "warehouse"
ROLES = ("lakehouse_loader", "lakehouse_reader")
"""Airflow's role loads, by its tag RedshiftDbRoles; people and tools that are given the other read."""
USAGE = "serverless-compute"
POLL_SECONDS = 1.0
FAILED = {"FAILED", "ABORTED"}


class Warehouse:
    """A workgroup and the database of its namespace; the administrator's password stays in its secret."""

    def __init__(self, session: boto3.session.Session, workgroup: str, scripts: Path, terminal: Terminal) -> None:
        self.serverless = session.client("redshift-serverless")
        self.data = session.client("redshift-data")
        self.workgroup = workgroup
        self.scripts = scripts
        self.terminal = terminal

    def grant_access(self) -> None:
        """Make the roles that are missing and give them their rights; raises DeploymentError."""
        statement = self._run([self._script("existing_roles.sql")])
        pages = self.data.get_paginator("get_statement_result").paginate(Id=statement)
        existing = {record[0]["stringValue"] for page in pages for record in page["Records"]}
        # Redshift has no CREATE ROLE IF NOT EXISTS (database developer guide, CREATE ROLE).
        missing = [role for role in ROLES if role not in existing]
        self._run(
            [
                *(f"CREATE ROLE {role}" for role in missing),
                *sqlparse.split(self._script("grants.sql"), strip_semicolon=True),
            ]
        )
        self.terminal.line(f"Redshift: roles {' and '.join(ROLES)} have their rights")

    def limit_usage(self, rpu_hours: int) -> None:
        """Have Redshift refuse queries when a month's computing has used so many RPU hours."""
        arn = self.serverless.get_workgroup(workgroupName=self.workgroup)["workgroup"]["workgroupArn"]
        limits = self.serverless.list_usage_limits(resourceArn=arn, usageType=USAGE)["usageLimits"]
        monthly = next((limit for limit in limits if limit["period"] == "monthly"), None)
        if monthly is None:
            self.serverless.create_usage_limit(
                resourceArn=arn, usageType=USAGE, amount=rpu_hours, period="monthly", breachAction="deactivate"
            )
        elif (monthly["amount"], monthly["breachAction"]) != (rpu_hours, "deactivate"):
            self.serverless.update_usage_limit(
                usageLimitId=monthly["usageLimitId"], amount=rpu_hours, breachAction="deactivate"
            )
        self.terminal.line(f"Redshift: limited to {rpu_hours} RPU hours a month")

    def _script(self, name: str) -> str:
        path = self.scripts / name
        try:
            return path.read_text()
        except FileNotFoundError as error:
            raise DeploymentError(f"{path} is missing: restore it from the repository.") from error

    def _run(self, statements: list[str]) -> str:
        """Id of the finished statement, or batch in one transaction."""
        place = {"WorkgroupName": self.workgroup, "Database": DATABASE, "SecretArn": self._administrator()}
        if len(statements) == 1:
            started = self.data.execute_statement(Sql=statements[0], **place)["Id"]
        else:
            started = self.data.batch_execute_statement(Sqls=statements, **place)["Id"]
        while (described := self.data.describe_statement(Id=started))["Status"] not in {"FINISHED", *FAILED}:
            time.sleep(POLL_SECONDS)
        if described["Status"] in FAILED:
            raise DeploymentError(
                f"Redshift refused to give the roles their rights: {_sentence(described)} "
                "Mend it and deploy again: what was done is kept."
            )
        return started

    def _administrator(self) -> str:
        namespace = self.serverless.get_workgroup(workgroupName=self.workgroup)["workgroup"]["namespaceName"]
        described: dict[str, Any] = self.serverless.get_namespace(namespaceName=namespace)["namespace"]
        return described["adminPasswordSecretArn"]


def _sentence(described: dict[str, Any]) -> str:
    reason = " ".join(described.get("Error", described["Status"]).split())
    return f"{reason.rstrip('.')}."
