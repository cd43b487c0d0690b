"""Redshift beside its stack: roles with their rights, a limit of its costs, repeated without harm."""

import re
from pathlib import Path

import pytest
import sqlparse
from botocore.stub import ANY, Stubber

from deployment.errors import DeploymentError
from deployment.warehouse import Warehouse
from tests.deployment.deployed_account import Recorder

SCRIPTS = Path(__file__).parents[2] / "sql" / "redshift" / "access"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:redshift!lakehouse-admin"
PLACE = {"WorkgroupName": "lakehouse", "Database": "warehouse", "SecretArn": SECRET}


class DataApi:
    """The answers of the Data API, which has roles; what it was asked to run is kept."""

    def __init__(self, warehouse: Warehouse, roles: list[str]) -> None:
        self.roles = roles
        self.stubber = Stubber(warehouse.data)
        serverless = Stubber(warehouse.serverless)
        for _ in range(2):
            serverless.add_response("get_workgroup", {"workgroup": {"namespaceName": "lakehouse"}})
            serverless.add_response("get_namespace", {"namespace": {"adminPasswordSecretArn": SECRET}})
        serverless.activate()
        self.batch: list[str] = []
        warehouse.data.meta.events.register(
            "provide-client-params.redshift-data.BatchExecuteStatement",
            lambda params, **_: self.batch.extend(params["Sqls"]),
        )

    def expect(self, *states: dict) -> None:
        statement, batch = ({"Id": f"{number}" * 36} for number in (1, 2))
        self.stubber.add_response("execute_statement", statement, PLACE | {"Sql": ANY})
        self.stubber.add_response("describe_statement", statement | {"Status": "FINISHED"})
        records = [[{"stringValue": role}] for role in self.roles]
        self.stubber.add_response("get_statement_result", {"Records": records})
        self.stubber.add_response("batch_execute_statement", batch, PLACE | {"Sqls": ANY})
        for state in states:
            self.stubber.add_response("describe_statement", batch | state)
        self.stubber.activate()


@pytest.fixture
def warehouse(account, monkeypatch) -> Warehouse:
    monkeypatch.setattr("deployment.warehouse.POLL_SECONDS", 0)
    return Warehouse(account.session, "lakehouse", SCRIPTS, Recorder())


def created_roles(statements: list[str]) -> list[str]:
    return [statement.split()[2] for statement in statements if statement.startswith("CREATE ROLE")]


def test_administrator_makes_the_roles_before_their_rights_in_one_transaction(warehouse):
    data = DataApi(warehouse, roles=[])
    data.expect({"Status": "STARTED"}, {"Status": "FINISHED"})
    warehouse.grant_access()
    assert created_roles(data.batch[:2]) == ["lakehouse_loader", "lakehouse_reader"]
    granted = {role for statement in data.batch[2:] for role in re.findall(r"TO ROLE (\w+)", statement)}
    assert granted == {"lakehouse_loader", "lakehouse_reader"}


def test_role_that_exists_is_not_made_again(warehouse):
    data = DataApi(warehouse, roles=["lakehouse_loader"])
    data.expect({"Status": "FINISHED"})
    warehouse.grant_access()
    assert created_roles(data.batch) == ["lakehouse_reader"]


def test_refusal_is_one_sentence(warehouse):
    data = DataApi(warehouse, roles=["lakehouse_loader", "lakehouse_reader"])
    data.expect({"Status": "FAILED", "Error": "ERROR: permission\n denied"})
    with pytest.raises(DeploymentError, match=r"Redshift refused .* ERROR: permission denied\. Mend it and deploy"):
        warehouse.grant_access()


def test_reader_reads_tables_to_come_and_writes_nothing():
    statements = sqlparse.split((SCRIPTS / "grants.sql").read_text(), strip_semicolon=True)
    readers = [" ".join(text.split()) for text in statements if text.endswith("lakehouse_reader")]
    assert readers == [
        "GRANT USAGE ON SCHEMA analytics TO ROLE lakehouse_reader",
        "GRANT SELECT FOR TABLES IN SCHEMA analytics TO ROLE lakehouse_reader",
    ]
