"""The templates are ones that AWS would take, and name what scripts and people rely on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from lakehouse_aws.metrics import METRIC_NAMESPACE

INFRA = Path(__file__).parents[2] / "infra"
# CloudFormation takes a template from a bucket up to this size.
MAX_TEMPLATE_BYTES = 1_000_000


def test_cfn_lint_finds_nothing() -> None:
    program = Path(sys.executable).with_name("cfn-lint")
    templates = sorted(INFRA.glob("*.yaml"))
    assert templates
    result = subprocess.run(
        [program, "--non-zero-exit-code", "informational", *templates], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (0, "")


def test_cloudformation_takes_templates_of_their_size() -> None:
    sizes = {path.name: path.stat().st_size for path in INFRA.glob("*.yaml")}
    assert {name: size for name, size in sizes.items() if size > MAX_TEMPLATE_BYTES} == {}


def test_data_outlives_the_stack(resources) -> None:
    retained = {resource.name for resource in resources if resource.definition.get("DeletionPolicy") == "Retain"}
    assert {"LakeBucket", "RawBucket", "TokenizationKey"} <= retained


def test_roles_that_others_use_outlive_the_stack(resources) -> None:
    """Every task of DMS in the account uses the two; Redshift's tables belong to the user that has the third's name."""
    roles = {resource.name: resource for resource in resources if resource.type == "AWS::IAM::Role"}
    for name in ("DmsVpcRole", "DmsCloudWatchLogsRole", "AirflowRole"):
        assert roles[name].definition["DeletionPolicy"].startswith("Retain"), name
        assert roles[name].properties["RoleName"], name
    assert roles["AirflowRole"].template != "orchestration"


def test_airflow_is_reached_from_its_network_alone_unless_chosen(templates_parameters) -> None:
    assert templates_parameters("orchestration")["AirflowWebserverAccess"]["Default"] == "PRIVATE_ONLY"


def test_airflow_looks_up_connections_as_mwaa_does(resources) -> None:
    """MWAA sets the pattern, and an environment's own arguments replace it (mwaa.config.airflow of its image)."""
    (airflow,) = [resource for resource in resources if resource.type == "AWS::MWAA::Environment"]
    arguments = json.loads(airflow.properties["AirflowConfigurationOptions"]["secrets.backend_kwargs"])
    assert arguments["connections_lookup_pattern"] == "^(?!aws_default$).*$"


@pytest.mark.parametrize(
    ("bucket_name", "prefixes"), [("LakeBucket", ["analytics/_copy_manifests/"]), ("RawBucket", ["archive/"])]
)
def test_of_lake_and_raw_files_the_archive_and_what_redshift_has_read_alone_expire(
    resources, bucket_name, prefixes
) -> None:
    """What is published is removed by the pipelines alone, which know what the catalog points to."""
    (bucket,) = [resource for resource in resources if resource.name == bucket_name]
    expiring = [rule for rule in lifecycle_rules(bucket) if any("Expiration" in name for name in rule)]
    assert [rule["Prefix"] for rule in expiring] == prefixes
    assert "VersioningConfiguration" not in bucket.properties


def test_uploads_left_open_cost_a_week_at_most(resources_of) -> None:
    for bucket in resources_of("AWS::S3::Bucket"):
        days = [rule.get("AbortIncompleteMultipartUpload") for rule in lifecycle_rules(bucket) if "Prefix" not in rule]
        assert {"DaysAfterInitiation": 7} in days, bucket.name


def lifecycle_rules(bucket) -> list[dict]:
    return bucket.properties["LifecycleConfiguration"]["Rules"]


def test_source_databases_leave_a_snapshot(resources_of) -> None:
    databases = [*resources_of("AWS::RDS::DBInstance"), *resources_of("AWS::DocDB::DBCluster")]
    assert {database.definition["DeletionPolicy"] for database in databases} == {"Snapshot"}


def test_glue_version_is_pinned(resources_of) -> None:
    assert {job.properties["GlueVersion"] for job in resources_of("AWS::Glue::Job")} == {"5.1"}


def test_workers_of_every_glue_job_have_the_size_of_the_parameter(resources_of) -> None:
    for job in resources_of("AWS::Glue::Job"):
        assert job.properties["WorkerType"] == {"Ref": "GlueWorkerType"}, job.name


def test_airflow_and_the_alerts_know_every_glue_job(resources, resources_of) -> None:
    jobs = {job.properties["Name"] for job in resources_of("AWS::Glue::Job")}
    assert names_in_statement(resources, "RunJobs", "job") == jobs
    rule = next(rule for rule in resources_of("AWS::Events::Rule") if rule.name == "GlueJobFailed")
    assert set(rule.properties["EventPattern"]["detail"]["jobName"]) == jobs


def test_airflow_may_run_every_crawler(resources, resources_of) -> None:
    crawlers = {crawler.properties["Name"] for crawler in resources_of("AWS::Glue::Crawler")}
    assert names_in_statement(resources, "RunCrawlers", "crawler") == crawlers


def test_dashboard_is_json(resources_of) -> None:
    dashboard = json.loads(resources_of("AWS::CloudWatch::Dashboard")[0].properties["DashboardBody"]["Fn::Sub"])
    assert {widget["type"] for widget in dashboard["widgets"]} == {"alarm", "metric"}
    series = [series for widget in dashboard["widgets"] for series in widget["properties"].get("metrics", [])]
    assert [METRIC_NAMESPACE, "QualityScore"] in [named[:2] for named in series]


def test_alarm_counts_the_values_that_dms_truncates(resources_of) -> None:
    """The line as DMS writes it, cited in github.com/2ndQuadrant/pglogical/issues/359."""
    line = (
        "[SOURCE_UNLOAD  ]W:  Value of column 'note' in table 'public.customers' was truncated to 65536 bytes, "
        "actual length: 70000 bytes  (postgres_endpoint_unload.c:1072)"
    )
    (metric_filter,) = resources_of("AWS::Logs::MetricFilter")
    assert metric_filter.properties["FilterPattern"].strip('"') in line
    (metric,) = metric_filter.properties["MetricTransformations"]
    alarmed = {
        (alarm.properties.get("Namespace"), alarm.properties.get("MetricName"))
        for alarm in resources_of("AWS::CloudWatch::Alarm")
    }
    assert (metric["MetricNamespace"], metric["MetricName"]) in alarmed


def test_databases_name_the_versions_that_aws_may_raise_and_no_more(resources_of) -> None:
    """A minor version beside AutoMinorVersionUpgrade would be one that the next deployment goes back to."""
    (postgres,) = resources_of("AWS::RDS::DBInstance")
    assert postgres.properties["AutoMinorVersionUpgrade"] is True
    assert postgres.properties["EngineVersion"].isdigit()


def test_every_alarm_tells_somebody(resources_of) -> None:
    for alarm in resources_of("AWS::CloudWatch::Alarm"):
        assert alarm.properties["AlarmActions"] == [{"Ref": "AlertsTopicArn"}]


def names_in_statement(resources, sid: str, kind: str) -> set[str]:
    """The last parts of the ARNs that a statement of the Airflow role grants."""
    policies = [resource.properties for resource in resources if resource.type == "AWS::IAM::Policy"]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    granted = next(statement for statement in statements if statement.get("Sid") == sid)["Resource"]
    return {arn["Fn::Sub"].split(f":{kind}/")[1] for arn in granted}
