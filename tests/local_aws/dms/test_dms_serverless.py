"""Serverless replications: the life of a configuration, its full loads, and what is left of them."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.refusals import error_code


@pytest.fixture
def small_table(execute):
    execute("CREATE TABLE small (id int); INSERT INTO small VALUES (1), (2)")


@pytest.fixture
def create_config(migration):
    """`create_config(table, **values)` makes a configuration that loads the table, and returns its ARN."""

    def create(table, source=None, **values):
        request = {
            "ReplicationConfigIdentifier": f"load-{uuid.uuid4().hex[:12]}",
            "ReplicationType": "full-load",
            "ComputeConfig": {"MaxCapacityUnits": 2},
            "SourceEndpointArn": migration.source_endpoint(**source or {}),
            "TargetEndpointArn": migration.target_endpoint(),
            "TableMappings": json.dumps({"rules": [migration.selection(table)]}),
            **values,
        }
        return migration.dms.create_replication_config(**request)["ReplicationConfig"]["ReplicationConfigArn"]

    return create


@pytest.fixture
def describe(migration):
    def replication(config_arn):
        filters = [{"Name": "replication-config-arn", "Values": [config_arn]}]
        return migration.dms.describe_replications(Filters=filters)["Replications"][0]

    return replication


@pytest.fixture
def run(migration, describe):
    """Start a replication and return how it ended."""

    def run_to_its_end(config_arn, start_type="start-replication"):
        migration.dms.start_replication(ReplicationConfigArn=config_arn, StartReplicationType=start_type)
        migration.wait(lambda: describe(config_arn)["Status"] in {"stopped", "failed"})
        return describe(config_arn)

    return run_to_its_end


def statistics(migration, config_arn):
    answer = migration.dms.describe_replication_table_statistics(ReplicationConfigArn=config_arn)
    return {table["TableName"]: table for table in answer["ReplicationTableStatistics"]}


def test_a_replication_goes_from_created_to_stopped_with_its_rows_in_the_bucket(
    migration, small_table, create_config, describe, run
):
    config_arn = create_config("small")
    assert describe(config_arn)["Status"] == "created"
    replication = run(config_arn)
    assert (replication["Status"], replication["StopReason"]) == ("stopped", "Stop Reason FULL_LOAD_ONLY_FINISHED")
    assert replication["ReplicationStats"]["TablesLoaded"] == 1
    assert statistics(migration, config_arn)["small"]["FullLoadRows"] == 2
    assert sorted(migration.read("public/small")["id"].to_pylist()) == [1, 2]


def test_reload_target_is_for_every_run_but_the_first(migration, small_table, create_config, run, execute):
    config_arn = create_config("small")
    run(config_arn)
    start = migration.dms.start_replication
    refused = error_code(start, ReplicationConfigArn=config_arn, StartReplicationType="start-replication")
    assert refused == "InvalidResourceStateFault"
    execute("INSERT INTO small VALUES (3)")
    run(config_arn, "reload-target")
    assert sorted(migration.read("public/small")["id"].to_pylist()) == [1, 2, 3]


def test_a_source_that_cannot_be_reached_fails_the_replication_with_the_reason(create_config, run):
    replication = run(create_config("small", source={"Port": 1}))
    assert replication["Status"] == "failed"
    assert "127.0.0.1:1 cannot be reached" in replication["FailureMessages"][0]


def test_capacity_and_statistics_are_given_back_some_time_after_the_end(
    migration, small_table, create_config, describe, run
):
    config_arn = create_config("small")
    assert run(config_arn)["ProvisionData"] | {"DateProvisioned": None} == {
        "ProvisionState": "provisioned",
        "ProvisionedCapacityUnits": 2,
        "DateProvisioned": None,
    }

    def provision_state():
        return describe(config_arn)["ProvisionData"]["ProvisionState"]

    migration.wait(lambda: provision_state() == "deprovisioning")
    assert statistics(migration, config_arn) == {}
    start = {"ReplicationConfigArn": config_arn, "StartReplicationType": "reload-target"}
    assert error_code(migration.dms.start_replication, **start) == "InvalidResourceStateFault"
    migration.wait(lambda: provision_state() == "deprovisioned")
    migration.dms.start_replication(**start)
    migration.wait(lambda: describe(config_arn)["Status"] == "stopped")
    assert statistics(migration, config_arn)["small"]["FullLoadRows"] == 2


def test_a_configuration_can_be_changed_and_removed(migration, small_table, create_config, describe, execute, run):
    execute("CREATE TABLE other (id int); INSERT INTO other VALUES (9)")
    config_arn = create_config("small")
    migration.dms.modify_replication_config(
        ReplicationConfigArn=config_arn,
        TableMappings=json.dumps({"rules": [migration.selection("other")]}),
        ComputeConfig={"MinCapacityUnits": 1},
    )
    filters = [{"Name": "replication-config-arn", "Values": [config_arn]}]
    (config,) = migration.dms.describe_replication_configs(Filters=filters)["ReplicationConfigs"]
    assert config["ComputeConfig"] == {"MinCapacityUnits": 1, "MaxCapacityUnits": 2}
    run(config_arn)
    assert migration.read("public/other")["id"].to_pylist() == [9]
    migration.dms.delete_replication_config(ReplicationConfigArn=config_arn)
    assert error_code(migration.dms.describe_replications, Filters=filters) == "ResourceNotFoundFault"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"ComputeConfig": {"MaxCapacityUnits": 3}}, "MaxCapacityUnits 3"),
        ({"ComputeConfig": {"MinCapacityUnits": 1}}, "MaxCapacityUnits is missing"),
        ({"ReplicationType": "cdc"}, "cdc"),
        ({"ReplicationSettings": json.dumps({"TTSettings": {"EnableTT": True}})}, "TTSettings.EnableTT"),
        ({"SupplementalSettings": json.dumps({"any": "thing"})}, "SupplementalSettings"),
    ],
)
def test_what_is_not_carried_out_is_refused_by_name(create_config, values, named):
    with pytest.raises(ClientError, match=named):
        create_config("small", **values)


def test_an_endpoint_in_use_is_not_deleted(migration, create_config, describe):
    config_arn = create_config("small")
    source = describe(config_arn)["SourceEndpointArn"]
    assert error_code(migration.dms.delete_endpoint, EndpointArn=source) == "InvalidResourceStateFault"
