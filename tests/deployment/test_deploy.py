"""The deploy command against the local endpoint: stacks, parameters, artefacts, and what a repetition changes."""

import pytest

from deployment.deploy import AFTER_ARTEFACTS, BEFORE_ARTEFACTS
from deployment.errors import DeploymentError
from tests.deployment.deployed_account import topic


def test_every_template_becomes_a_stack_of_the_environment(account):
    account.deploy()
    stacks = account.stacks()
    assert stacks.keys() == {name.replace("_", "-") for name in (*BEFORE_ARTEFACTS, *AFTER_ARTEFACTS)}
    assert {stack["StackStatus"] for stack in stacks.values()} == {"CREATE_COMPLETE"}


def test_outputs_become_parameters_of_later_templates(account):
    assert account.deploy()["FirstSubnet"] == "subnet-1"


def test_a_template_may_be_longer_than_a_request(account):
    account.write_template("monitoring", {"Resources": topic(), "Metadata": {"Notes": ["a line of notes"] * 4_000}})
    account.deploy()
    assert account.status("monitoring") == "CREATE_COMPLETE"


def test_environment_sets_parameters(account):
    assert account.deploy(GlueWorkers="9")["GlueWorkers"] == "9"


def test_artefacts_lie_where_the_templates_look_for_them(account):
    outputs = account.deploy()
    assert account.keys(outputs["ArtifactsBucket"]) == {
        outputs["DeployedFunction"],
        "glue_scripts/transform.py",
        "glue_scripts/lakehouse_glue.zip",
        "glue_scripts/lakehouse.gluewheels.zip",
    }
    assert account.keys(outputs["AirflowSourceBucket"]) == {
        "mwaa/dags/daily.py",
        "mwaa/plugins.zip",
        "mwaa/requirements.txt",
        "mwaa/startup.sh",
    }


def test_environment_gets_the_version_of_the_plugins_that_were_uploaded(account):
    outputs = account.deploy()
    head = account.s3.head_object(Bucket=outputs["AirflowSourceBucket"], Key="mwaa/plugins.zip")
    assert outputs["DeployedPlugins"] == head["VersionId"]


def test_stacks_carry_the_cost_tags(account):
    account.deploy()
    for stack in account.stacks().values():
        tags = {tag["Key"]: tag["Value"] for tag in stack["Tags"]}
        assert tags == {"Project": "lakehouse", "Environment": account.environment}


def test_repeating_changes_nothing(account):
    first = account.deploy()
    account.terminal.shown.clear()
    assert account.deploy() == first
    assert account.terminal.shown == {}
    assert sum(line.endswith(": 0 files differed") for line in account.terminal.lines) == 3


def test_changed_template_is_shown_and_applied(account):
    account.deploy()
    account.write_template("monitoring", {"Resources": topic() | {"Second": {"Type": "AWS::SNS::Topic"}}})
    account.terminal.shown.clear()
    account.deploy()
    assert account.terminal.shown == {f"lakehouse-{account.environment}-monitoring": ["Add Second"]}
    assert account.status("monitoring") == "UPDATE_COMPLETE"


def test_changed_plugin_is_uploaded_and_its_version_passed_on(account):
    before = account.deploy()["DeployedPlugins"]
    (account.folder / "plugins" / "hooks.py").write_text("other hooks")
    assert account.deploy()["DeployedPlugins"] != before


def test_removed_dag_leaves_the_bucket(account):
    (account.folder / "dags" / "old.py").write_text("old")
    account.deploy()
    (account.folder / "dags" / "old.py").unlink()
    assert "mwaa/dags/old.py" not in account.keys(account.deploy()["AirflowSourceBucket"])


def test_existing_network_is_used(account):
    network = {
        "VpcId": "vpc-9",
        "SubnetIds": "subnet-9",
        "SecurityGroupIds": "sg-9",
        "AirflowSubnetIds": "subnet-9",
        "AirflowSecurityGroupIds": "sg-9",
    }
    assert account.deploy(**network)["FirstSubnet"] == "subnet-9"
    assert "network" not in account.stacks()


def zones(account):
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in account.stacks()["network"]["Parameters"]}
    return parameters["AvailabilityZoneIds"]


def test_network_is_told_three_zones_of_the_account(account):
    account.deploy()
    offered = account.session.client("ec2").describe_availability_zones()["AvailabilityZones"]
    chosen = zones(account).split(",")
    assert len(set(chosen)) == 3
    assert set(chosen) < {zone["ZoneId"] for zone in offered} - {"use1-az3"}


def test_network_keeps_the_zones_that_it_was_made_in(account):
    account.deploy(AvailabilityZoneIds="use1-az6,use1-az5,use1-az4")
    account.deploy()
    assert zones(account) == "use1-az6,use1-az5,use1-az4"


def test_existing_databases_need_no_stack(account):
    account.deploy(PostgresEnabled="false", DocumentDbEnabled="false")
    assert "sources" not in account.stacks()


def test_quicksight_is_deployed_on_request_for_a_principal_only(account):
    with pytest.raises(DeploymentError, match=r"infra/quicksight\.yaml needs QuickSightPrincipalArn"):
        account.deploy(QuickSightEnabled="true")
    assert "quicksight" not in account.stacks()
    assert account.deploy(QuickSightEnabled="true", QuickSightPrincipalArn="ada")["QuickSightDashboardUrl"] == "ada"
    assert account.status("quicksight") == "CREATE_COMPLETE"


@pytest.fixture
def role_of_others(account):
    """`role_of_others("dms-vpc-role")` makes a role that no stack owns."""
    iam = account.session.client("iam")
    names = []

    def make(name):
        names.append(name)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")

    yield make
    for name in names:
        iam.delete_role(RoleName=name)


def test_roles_that_the_account_has_are_not_made_again(account, role_of_others):
    role_of_others("dms-vpc-role")
    role_of_others("dms-cloudwatch-logs-role")
    account.deploy()
    assert "account" not in account.stacks()


@pytest.mark.parametrize(
    ("present", "made"),
    [("dms-vpc-role", "dms-cloudwatch-logs-role"), ("dms-cloudwatch-logs-role", "dms-vpc-role")],
)
def test_role_that_the_account_lacks_is_made_beside_the_one_that_it_has(account, role_of_others, present, made):
    role_of_others(present)
    account.deploy()
    assert account.resources("account") == {made}
    account.terminal.shown.clear()
    account.deploy()
    assert account.terminal.shown == {}
