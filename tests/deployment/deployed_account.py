"""A deployment to the local endpoint: an environment of its own, small templates, the files that it reads."""

import itertools
import json
from pathlib import Path
from typing import Any

import boto3

from deployment.deploy import Deployment
from deployment.environments import Environment
from deployment.errors import DeploymentError

REGION = "us-east-1"
NAMES = (f"test{number}" for number in itertools.count())
VERSIONED_BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"VersioningConfiguration": {"Status": "Enabled"}}}


def parameter(name: str, kind: str = "String", **more: Any) -> dict:
    return {name: {"Type": kind, **more}}


def topic(**properties: Any) -> dict:
    return {"Topic": {"Type": "AWS::SNS::Topic", "Properties": properties}}


def dms_role(condition: str, name: str) -> dict:
    properties = {"RoleName": name, "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}
    return {name.title().replace("-", ""): {"Type": "AWS::IAM::Role", "Condition": condition, "Properties": properties}}


TEMPLATES = {
    "account": {
        "Parameters": parameter("DmsVpcRoleEnabled", Default="true")
        | parameter("DmsCloudWatchLogsRoleEnabled", Default="true"),
        "Conditions": {
            "HasVpcRole": {"Fn::Equals": [{"Ref": "DmsVpcRoleEnabled"}, "true"]},
            "HasLogsRole": {"Fn::Equals": [{"Ref": "DmsCloudWatchLogsRoleEnabled"}, "true"]},
        },
        "Resources": dms_role("HasVpcRole", "dms-vpc-role") | dms_role("HasLogsRole", "dms-cloudwatch-logs-role"),
    },
    "network": {
        "Parameters": parameter("AvailabilityZoneIds"),
        "Resources": topic(),
        "Outputs": {
            "VpcId": {"Value": "vpc-1"},
            "SubnetIds": {"Value": "subnet-1,subnet-2"},
            "SecurityGroupIds": {"Value": "sg-1"},
            "AirflowSubnetIds": {"Value": "subnet-1"},
            "AirflowSecurityGroupIds": {"Value": "sg-2"},
        },
    },
    "sources": {
        "Parameters": parameter("PostgresEnabled", Default="true") | parameter("DocumentDbEnabled", Default="true"),
        "Resources": topic(),
    },
    "lakehouse": {
        "Parameters": parameter("SubnetIds", "CommaDelimitedList") | parameter("GlueWorkers", "Number", Default=4),
        "Resources": {"Artifacts": VERSIONED_BUCKET, "Tagged": {"Type": "AWS::SNS::Topic", "Properties": {}}},
        "Outputs": {
            "ArtifactsBucket": {"Value": {"Ref": "Artifacts"}},
            "DataDocsBucket": {"Value": "data-docs"},
            "GlueWorkers": {"Value": {"Ref": "GlueWorkers"}},
            "FirstSubnet": {"Value": {"Fn::Select": [0, {"Ref": "SubnetIds"}]}},
        },
    },
    "bucket_policies": {"Resources": topic()},
    "airflow_source": {
        "Resources": {"Source": VERSIONED_BUCKET},
        "Outputs": {"AirflowSourceBucket": {"Value": {"Ref": "Source"}}},
    },
    "trades": {
        "Parameters": parameter("ExampleFunctionCodeKey"),
        "Resources": topic(),
        "Outputs": {"DeployedFunction": {"Value": {"Ref": "ExampleFunctionCodeKey"}}},
    },
    "dashboard": {
        "Resources": {"Site": {"Type": "AWS::S3::Bucket", "Properties": {}}},
        "Outputs": {
            "DashboardUrl": {"Value": "https://site.example/"},
            "DashboardApiUrl": {"Value": "https://api.example"},
            "DashboardSiteBucket": {"Value": {"Ref": "Site"}},
        },
    },
    "airflow_role": {"Resources": topic()},
    "orchestration": {
        "Parameters": parameter("PluginsVersion") | parameter("EnvironmentName"),
        "Resources": topic(),
        "Outputs": {"DeployedPlugins": {"Value": {"Ref": "PluginsVersion"}}},
    },
    "monitoring": {"Resources": topic()},
    "quicksight": {
        "Parameters": parameter("EnvironmentName") | parameter("QuickSightPrincipalArn"),
        "Resources": topic(),
        "Outputs": {"QuickSightDashboardUrl": {"Value": {"Ref": "QuickSightPrincipalArn"}}},
    },
}


CONTENT_SECURITY_POLICY = "default-src 'none'; connect-src 'self'; base-uri 'none'"


class Recorder:
    """A terminal that remembers, and agrees until told otherwise."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.shown: dict[str, list[str]] = {}
        self.agrees = True

    def line(self, text: str) -> None:
        self.lines.append(text)

    def changes(self, stack: str, changes: list[dict[str, Any]]) -> None:
        self.shown[stack] = [f"{change['Action']} {change['LogicalResourceId']}" for change in changes]

    def is_agreed(self, question: str) -> bool:
        self.lines.append(question)
        return self.agrees


class Account:
    """An environment of its own in an account, and the files that a deployment reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = next(NAMES)
        self.session = boto3.session.Session(region_name=REGION)
        self.cloudformation = self.session.client("cloudformation")
        self.s3 = self.session.client("s3")
        self.terminal = Recorder()
        self.has_node = True
        self.write_sources()
        self.templates = folder / "infra"
        for name, template in TEMPLATES.items():
            self.write_template(name, template)

    def write_sources(self) -> None:
        files = {
            "dags/daily.py": "daily",
            "plugins/hooks.py": "hooks",
            "glue_scripts/transform.py": "transform",
            "glue_scripts/lakehouse_glue/__init__.py": "",
            "infra/mwaa/startup.sh": "#!/bin/bash",
            "requirements.txt": "pyarrow",
            "glue_scripts/requirements.lock": "pyarrow==23.0.1 \\\n    --hash=sha256:00",
            "infra/mwaa/requirements.lock": "",
            "lambdas/example_function/handler.py": "",
            "lambdas/example_function/package.toml": "",
        }
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    def write_template(self, name: str, template: dict) -> None:
        (self.templates / f"{name}.yaml").write_text(json.dumps(template))

    def deploy(self, **parameters: str) -> dict[str, str]:
        environment = Environment(self.environment, REGION, parameters)
        deployment = Deployment(
            environment,
            self.session,
            self.terminal,
            templates=self.templates,
            repository=self.folder,
            bundle=self.folder / "dist" / "bundle",
            fetch_wheels=lambda *_: [],
            build_site=self.build_site,
        )
        return deployment.run()

    def build_site(self, _repository: Path, _log: Path) -> Path:
        """As Vite leaves it."""
        if not self.has_node:
            raise DeploymentError("Node is missing.")
        built = self.folder / "site"
        (built / "assets").mkdir(parents=True, exist_ok=True)
        (built / "index.html").write_text(f'<meta content="{CONTENT_SECURITY_POLICY}" />')
        (built / "assets" / "index-0a1b.js").write_text("")
        return built

    def stacks(self) -> dict[str, dict[str, Any]]:
        """The environment's stacks by the names of their templates."""
        prefix = f"lakehouse-{self.environment}-"
        pages = self.cloudformation.get_paginator("describe_stacks").paginate()
        stacks = pages.build_full_result()["Stacks"]
        return {
            stack["StackName"].removeprefix(prefix): stack for stack in stacks if stack["StackName"].startswith(prefix)
        }

    def status(self, template: str) -> str:
        return self.stacks()[template]["StackStatus"]

    def resources(self, template: str) -> set[str]:
        """Physical ids of what a stack holds."""
        stack = f"lakehouse-{self.environment}-{template}"
        summaries = self.cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
        return {summary["PhysicalResourceId"] for summary in summaries}

    def keys(self, bucket: str) -> set[str]:
        return {item["Key"] for item in self.s3.list_objects_v2(Bucket=bucket)["Contents"]}
