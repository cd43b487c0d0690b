"""The whole lakehouse brought to an AWS account: templates in order, artefacts between them.

A template takes the parameters that it declares from the environment's file and from the outputs of the templates
before it, by name; the file wins.
"""

from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from deployment.bundle import BUNDLE, REPOSITORY, build_bundle
from deployment.change_sets import StackDeployer, StackRequest, Terminal
from deployment.connections import check_connections
from deployment.environments import Environment
from deployment.errors import DeploymentError
from deployment.functions import FUNCTIONS, function_codes, upload_functions
from deployment.site import BuildSite, SiteAddresses, build_site, upload_site
from deployment.templates import TemplateStore
from deployment.uploads import object_version, upload_folder
from deployment.warehouse import Warehouse
from deployment.wheels import FetchWheels, fetch_wheels
from deployment.zones import zone_ids

TEMPLATES = REPOSITORY / "infra"
PROJECT = "lakehouse"
BEFORE_ARTEFACTS = ("account", "network", "sources", "lakehouse", "airflow_role", "airflow_source", "bucket_policies")
AFTER_ARTEFACTS = ("trades", "dashboard", "orchestration", "monitoring")
# Deployed last, and only where the environment sets the parameter to true.
ON_REQUEST = {"producer_role": "ProducerEnabled", "producer": "ProducerEnabled", "quicksight": "QuickSightEnabled"}
NETWORK_PARAMETERS = ("VpcId", "SubnetIds", "SecurityGroupIds", "AirflowSubnetIds", "AirflowSecurityGroupIds")
ZONES_PARAMETER = "AvailabilityZoneIds"
SOURCE_SWITCHES = ("PostgresEnabled", "DocumentDbEnabled")
# Roles that DMS looks for by name, each with the parameter that has the account's template make it.
ACCOUNT_ROLES = {"dms-vpc-role": "DmsVpcRoleEnabled", "dms-cloudwatch-logs-role": "DmsCloudWatchLogsRoleEnabled"}
VERSIONED_FILES = {
    "PluginsVersion": "mwaa/plugins.zip",
    "RequirementsVersion": "mwaa/requirements.txt",
    "StartupScriptVersion": "mwaa/startup.sh",
}


class Deployment:
    """One environment's way to AWS; repeating it changes what differs."""

    def __init__(
        self,
        environment: Environment,
        session: boto3.session.Session,
        terminal: Terminal,
        *,
        templates: Path = TEMPLATES,
        repository: Path = REPOSITORY,
        bundle: Path = BUNDLE,
        fetch_wheels: FetchWheels = fetch_wheels,
        build_site: BuildSite = build_site,
    ) -> None:
        self.environment = environment
        self.session = session
        self.terminal = terminal
        self.templates = templates
        self.repository = repository
        self.bundle = bundle
        self.fetch_wheels = fetch_wheels
        self.build_site = build_site
        self.cloudformation = session.client("cloudformation")
        self.deployer = StackDeployer(self.cloudformation, terminal)
        self.template_urls: dict[str, str] = {}
        self.outputs: dict[str, str] = {"EnvironmentName": environment.name}

    def run(self) -> dict[str, str]:
        """Deploy everything; all outputs by name. Raises DeploymentError."""
        self._check_network()
        before = [name for name in BEFORE_ARTEFACTS if not self._is_provided(name)]
        requested = [name for name, switch in ON_REQUEST.items() if self.environment.parameters.get(switch) == "true"]
        after = [*AFTER_ARTEFACTS, *requested]
        self.template_urls = self._upload_templates([*before, *after])
        declared = {name: self._declared_parameters(name) for name in (*before, *after)}
        self._check_parameters({parameter for parameters in declared.values() for parameter in parameters})
        self._build_bundle()
        self.outputs |= self._account_roles()
        if "network" in before and ZONES_PARAMETER not in self.environment.parameters:
            self.outputs[ZONES_PARAMETER] = self._zones()
        for name in before:
            self._deploy(name, declared[name])
        self._upload_artefacts()
        for name in after:
            self._deploy(name, declared[name])
        self._put_site()
        self._prepare_warehouse()
        lakehouse = self.deployer.resources(self.stack_name("lakehouse"))
        check_connections(self.session.client("dms"), lakehouse, self.terminal)
        return self.outputs

    def stack_name(self, template: str) -> str:
        return f"{PROJECT}-{self.environment.name}-{template.replace('_', '-')}"

    def _declared_parameters(self, template: str) -> dict[str, str | None]:
        """The template's parameters with their defaults."""
        summary = self.cloudformation.get_template_summary(TemplateURL=self.template_urls[template])
        return {item["ParameterKey"]: item.get("DefaultValue") for item in summary["Parameters"]}

    def _upload_templates(self, names: list[str]) -> dict[str, str]:
        """URL by template."""
        bodies = {name: self._body(name) for name in names}
        account_id = self.session.client("sts").get_caller_identity()["Account"]
        store = TemplateStore(self.session.client("s3"), account_id)
        return {name: store.put(body) for name, body in bodies.items()}

    def _body(self, template: str) -> str:
        path = self.templates / f"{template}.yaml"
        try:
            return path.read_text()
        except FileNotFoundError as error:
            raise DeploymentError(f"The template {path} is missing: restore it from the repository.") from error

    def _check_network(self) -> None:
        missing = sorted(set(NETWORK_PARAMETERS) - self.environment.parameters.keys())
        if missing and len(missing) < len(NETWORK_PARAMETERS):
            raise DeploymentError(
                f"An existing network needs {' and '.join(missing)} too in infra/environments/"
                f"{self.environment.name}.toml; without {', '.join(NETWORK_PARAMETERS)} a network is made."
            )

    def _check_parameters(self, declared: set[str]) -> None:
        of_deployment = {*NETWORK_PARAMETERS, *SOURCE_SWITCHES, *ON_REQUEST.values()}
        unknown = sorted(self.environment.parameters.keys() - declared - of_deployment)
        if unknown:
            raise DeploymentError(
                f"No template to deploy has a parameter {unknown[0]!r}: correct or remove it in infra/environments/"
                f"{self.environment.name}.toml."
            )

    def _build_bundle(self) -> None:
        try:
            build_bundle(self.bundle, self.repository, self.fetch_wheels)
        except FileNotFoundError as error:
            raise DeploymentError(
                f"{error.filename} is missing, so the bundle cannot be built: restore it from the repository."
            ) from error

    def _is_provided(self, template: str) -> bool:
        """Whether the account has already what the template would make."""
        chosen = self.environment.parameters
        if template == "network":
            return set(NETWORK_PARAMETERS) <= chosen.keys()
        if template == "sources":
            return all(chosen.get(switch) == "false" for switch in SOURCE_SWITCHES)
        if template == "account":
            return "true" not in self._account_roles().values()
        return False

    def _zones(self) -> str:
        """The zones of the network's stack when there is one: in other zones its subnets would be replaced."""
        present = self.deployer.parameters(self.stack_name("network")).get(ZONES_PARAMETER)
        return present or ",".join(zone_ids(self.session.client("ec2")))

    def _account_roles(self) -> dict[str, str]:
        """Parameters of the account's template: each role is its own, or missing, or not to be made."""
        own = self.deployer.resources(self.stack_name("account")).get("AWS::IAM::Role", [])
        return {
            parameter: str(role in own or not self._has_role(role)).lower() for role, parameter in ACCOUNT_ROLES.items()
        }

    def _has_role(self, name: str) -> bool:
        try:
            self.session.client("iam").get_role(RoleName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchEntity":
                return False
            raise
        return True

    def _deploy(self, template: str, declared: dict[str, str | None]) -> None:
        values = self.outputs | self.environment.parameters
        parameters = {name: values[name] for name in declared if name in values}
        missing = sorted(name for name, default in declared.items() if default is None and name not in parameters)
        if missing:
            raise DeploymentError(
                f"infra/{template}.yaml needs {' and '.join(missing)}: give a value under [parameters] of "
                f"infra/environments/{self.environment.name}.toml."
            )
        tags = {"Project": PROJECT, "Environment": self.environment.name}
        request = StackRequest(self.stack_name(template), self.template_urls[template], parameters, tags)
        self.outputs |= self.deployer.deploy(request)

    def _put_site(self) -> None:
        """The dashboard's pages; where they cannot be built, everything else is deployed all the same."""
        try:
            built = self.build_site(self.repository, self.bundle.parent / "dashboard.log")
        except DeploymentError as error:
            self.terminal.line(str(error))
            return
        data_docs = f"https://s3.console.aws.amazon.com/s3/object/{self.outputs['DataDocsBucket']}?prefix="
        addresses = SiteAddresses(self.outputs["DashboardApiUrl"], self.outputs.get("TradesApiUrl"), data_docs)
        written = upload_site(self.session.client("s3"), self.outputs["DashboardSiteBucket"], built, addresses)
        self.terminal.line(f"{self.outputs['DashboardUrl']}: {len(written)} files differed")

    def _prepare_warehouse(self) -> None:
        workgroup = self.outputs.get("RedshiftWorkgroupName")
        if workgroup:
            warehouse = Warehouse(self.session, workgroup, self.repository / "sql/redshift/access", self.terminal)
            warehouse.limit_usage(int(self.outputs["RedshiftMonthlyRpuHours"]))
            warehouse.grant_access()

    def _upload_artefacts(self) -> None:
        s3 = self.session.client("s3")
        source_bucket = self.outputs["AirflowSourceBucket"]
        self._upload(s3, self.outputs["ArtifactsBucket"], "glue/glue_scripts", "glue_scripts/")
        self._upload(s3, source_bucket, "mwaa", "mwaa/")
        self.outputs |= {name: object_version(s3, source_bucket, key) for name, key in VERSIONED_FILES.items()}
        codes = function_codes(self.repository)
        self.outputs |= upload_functions(s3, self.outputs["ArtifactsBucket"], codes)
        self.terminal.line(f"{FUNCTIONS}/: {len(codes)} functions")

    def _upload(self, s3: Any, bucket: str, folder: str, prefix: str) -> None:
        written = upload_folder(s3, bucket, self.bundle / folder, prefix)
        self.terminal.line(f"s3://{bucket}/{prefix}: {len(written)} files differed")
