"""Roles that services of the endpoint run under in tests that are not about their rights."""

import json

from botocore.client import BaseClient

SERVICES = ("dms", "dms.us-east-1", "glue", "lambda", "redshift", "redshift-serverless")
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": [f"{service}.amazonaws.com" for service in SERVICES]},
            "Action": "sts:AssumeRole",
        }
    ],
}
PEOPLE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}],
}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
# The names that tests give jobs, crawlers and warehouses.
SHARED_ROLES = ("dms", "r", "glue", "redshift")


def make_role(iam: BaseClient, name: str) -> str:
    """The ARN of a role that services may assume and that may do everything."""
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=json.dumps(EVERYTHING))
    return role["Arn"]
