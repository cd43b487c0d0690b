"""A workgroup of the endpoint whose statements are waited for: shared by the tests of the Data API."""

import time
from collections.abc import Callable

from botocore.client import BaseClient

ROLE = "arn:aws:iam::123456789012:role/redshift"
FINAL = {"FINISHED", "FAILED", "ABORTED"}


class Warehouse:
    """A workgroup of the test session, and statements that are waited for."""

    def __init__(self, client: BaseClient, workgroup: str, database: str) -> None:
        self.client = client
        self.place = {"WorkgroupName": workgroup, "Database": database}

    def wait(self, statement_id: str) -> dict:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            description = self.client.describe_statement(Id=statement_id)
            if description["Status"] in FINAL:
                return description
            time.sleep(0.02)
        raise TimeoutError(statement_id)

    def describe(self, sql: str, **options) -> dict:
        return self.wait(self.client.execute_statement(Sql=sql, **self.place, **options)["Id"])

    def run(self, sql: str, **options) -> dict:
        description = self.describe(sql, **options)
        assert description["Status"] == "FINISHED", description.get("Error")
        return description

    def batch(self, *sqls: str) -> dict:
        return self.wait(self.client.batch_execute_statement(Sqls=list(sqls), **self.place)["Id"])

    def rows(self, sql: str, **options) -> list[list]:
        statement_id = self.run(sql, **options)["Id"]
        pages = self.client.get_paginator("get_statement_result").paginate(Id=statement_id)
        return [[value_of(field) for field in record] for page in pages for record in page["Records"]]


def value_of(field: dict):
    ((name, value),) = field.items()
    return None if name == "isNull" else value


def create_warehouse(aws: Callable[..., BaseClient], name: str) -> Warehouse:
    """A namespace and workgroup of this name, with a database of that name and ROLE as its default role."""
    serverless = aws("redshift-serverless")
    serverless.create_namespace(namespaceName=name, dbName=name, iamRoles=[ROLE], defaultIamRoleArn=ROLE)
    serverless.create_workgroup(workgroupName=name, namespaceName=name)
    return Warehouse(aws("redshift-data"), name, name)
