"""The Glue job of the dataset that was added by the steps of docs/contributing.md."""

from tests.infra.conftest import template_resources
from tests.recipes.dataset_recipe import DATASET

OF_EACH_JOB = {"Name", "Command", "DefaultArguments", "ExecutionProperty"}
SHARED_ARGUMENTS = ("--extra-py-files", "--datalake-formats", "--conf", "--database", "--lake_bucket")


def test_the_job_is_made_as_the_audit_beside_it(resources_of):
    (job,) = template_resources(DATASET / "infra/lakehouse.yaml")
    (audit,) = [other for other in resources_of("AWS::Glue::Job") if other.name == "AuditDataset"]
    assert {name: job.properties[name] for name in job.properties.keys() - OF_EACH_JOB} == {
        name: audit.properties[name] for name in audit.properties.keys() - OF_EACH_JOB
    }
    for name in SHARED_ARGUMENTS:
        assert job.properties["DefaultArguments"][name] == audit.properties["DefaultArguments"][name]
    script = job.properties["Command"]["ScriptLocation"]["Fn::Sub"].rpartition("/")[2]
    assert (DATASET / "glue_scripts" / script).is_file()
