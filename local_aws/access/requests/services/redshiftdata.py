"""Redshift's Data API: statements are of a workgroup, and of who sent them.

Who sends a statement without a secret logs in by the workgroup's temporary credentials (Amazon Redshift management
guide, Authorizing access to the Data API).
"""

from collections.abc import Iterator

from local_aws.access.requests.calls import Call, Need, rules

PREFIX = "redshift-data"


def _of_workgroup(call: Call) -> Iterator[Need]:
    workgroup = workgroup_arn(call, call.parameters.get("WorkgroupName"))
    yield Need(f"redshift-data:{call.operation}", workgroup)
    secret = call.parameters.get("SecretArn")
    if secret:
        yield Need("secretsmanager:GetSecretValue", secret)
    else:
        yield Need("redshift-serverless:GetCredentials", workgroup)


def workgroup_arn(call: Call, name: str | None) -> str:
    """A workgroup's ARN has its id; of one that is not there, its name."""
    from local_aws.redshift_serverless.models import redshiftserverless_backends

    if not name or name.startswith("arn:"):
        return name or "*"
    workgroup = redshiftserverless_backends[call.account_id][call.region].workgroups.get(name)
    return workgroup.workgroup_arn if workgroup else call.arn("redshift-serverless", f"workgroup/{name}")


def _of_statement(call: Call) -> Iterator[Need]:
    from moto.redshiftdata.models import redshiftdata_backends

    statements = redshiftdata_backends[call.account_id][call.region].statements
    statement = statements.get(str(call.parameters.get("Id", "")).partition(":")[0])
    owner = {"redshift-data:statement-owner-iam-userid": statement.owner_user_id} if statement else {}
    yield Need(f"redshift-data:{call.operation}", "*", owner)


RULES = {
    **rules(PREFIX, {"*": "ListStatements"}),
    **dict.fromkeys(
        ("BatchExecuteStatement", "DescribeTable", "ExecuteStatement", "ListDatabases", "ListSchemas", "ListTables"),
        _of_workgroup,
    ),
    **dict.fromkeys(("CancelStatement", "DescribeStatement", "GetStatementResult"), _of_statement),
}
