"""The AWS::DMS resource types in a stack: creation, change and removal."""

import json

import pytest

SELECTION = '{"rules": [{"rule-type": "selection", "rule-id": "1", "rule-action": "include", %s}]}'
TABLE_MAPPINGS = SELECTION % '"object-locator": {"schema-name": "public", "table-name": "%s"}'


def template(migration, table="t", folder="raw"):
    name = migration.name
    return {
        "Resources": {
            "Group": {
                "Type": "AWS::DMS::ReplicationSubnetGroup",
                "Properties": {
                    "ReplicationSubnetGroupIdentifier": f"group-{name}",
                    "ReplicationSubnetGroupDescription": "subnets",
                    "SubnetIds": ["subnet-1", "subnet-2"],
                },
            },
            "Instance": {
                "Type": "AWS::DMS::ReplicationInstance",
                "Properties": {
                    "ReplicationInstanceIdentifier": f"stack-instance-{name}",
                    "ReplicationInstanceClass": "dms.t3.medium",
                    "AllocatedStorage": 50,
                    "MultiAZ": False,
                    "PubliclyAccessible": False,
                    "ReplicationSubnetGroupIdentifier": {"Ref": "Group"},
                    "VpcSecurityGroupIds": ["sg-1"],
                },
            },
            "Source": {
                "Type": "AWS::DMS::Endpoint",
                "Properties": {
                    "EndpointIdentifier": f"stack-source-{name}",
                    "EndpointType": "source",
                    **migration.source,
                    "PostgreSqlSettings": {"MapBooleanAsBoolean": True},
                },
            },
            "Target": {
                "Type": "AWS::DMS::Endpoint",
                "Properties": {
                    "EndpointIdentifier": f"stack-target-{name}",
                    "EndpointType": "target",
                    "EngineName": "s3",
                    "S3Settings": {
                        "BucketName": migration.bucket,
                        "BucketFolder": folder,
                        "ServiceAccessRoleArn": "arn:aws:iam::123456789012:role/dms",
                        "DataFormat": "parquet",
                    },
                },
            },
            "Task": {
                "Type": "AWS::DMS::ReplicationTask",
                "Properties": {
                    "ReplicationTaskIdentifier": f"stack-task-{name}",
                    "MigrationType": "full-load",
                    "ReplicationInstanceArn": {"Ref": "Instance"},
                    "SourceEndpointArn": {"Ref": "Source"},
                    "TargetEndpointArn": {"Ref": "Target"},
                    "TableMappings": TABLE_MAPPINGS % table,
                },
            },
        },
        "Outputs": {name: {"Value": {"Ref": name}} for name in ("Group", "Instance", "Source", "Target", "Task")},
    }


@pytest.fixture
def deploy(aws, migration, execute):
    """Create the stack, or update it, and return its outputs; it is deleted at the end."""
    execute("CREATE TABLE t (id int, b boolean); INSERT INTO t VALUES (1, true)")
    execute("CREATE TABLE u (id int); INSERT INTO u VALUES (7)")
    cloudformation = aws("cloudformation")
    stack = f"dms-{migration.name}"

    def run(action, body):
        getattr(cloudformation, f"{action}_stack")(StackName=stack, TemplateBody=json.dumps(body))
        cloudformation.get_waiter(f"stack_{action}_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
        [description] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in description["Outputs"]}

    yield run
    cloudformation.delete_stack(StackName=stack)


def test_the_stack_makes_a_task_that_loads(deploy, migration):
    outputs = deploy("create", template(migration))
    assert outputs["Group"] == f"group-{migration.name}"
    arns = {name: arn.split(":")[5] for name, arn in outputs.items() if name != "Group"}
    assert arns == {"Instance": "rep", "Source": "endpoint", "Target": "endpoint", "Task": "task"}
    migration.test_connections(outputs["Task"])
    migration.run(outputs["Task"])
    assert migration.read("public/t").to_pylist() == [{"id": 1, "b": True}]


def test_an_update_changes_mappings_and_target_in_place(deploy, migration):
    created = deploy("create", template(migration))
    updated = deploy("update", template(migration, table="u", folder="raw/changed"))
    assert updated == created
    migration.test_connections(updated["Task"])
    migration.run(updated["Task"])
    assert migration.keys() == ["raw/changed/public/u/LOAD00000001.parquet"]


def test_a_deleted_stack_leaves_nothing(deploy, migration, aws):
    outputs = deploy("create", template(migration))
    cloudformation = aws("cloudformation")
    cloudformation.delete_stack(StackName=f"dms-{migration.name}")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=f"dms-{migration.name}", WaiterConfig={"Delay": 1}
    )
    endpoints = {endpoint["EndpointArn"] for endpoint in migration.dms.describe_endpoints()["Endpoints"]}
    tasks = {task["ReplicationTaskArn"] for task in migration.dms.describe_replication_tasks()["ReplicationTasks"]}
    assert not set(outputs.values()) & (endpoints | tasks)
