"""The template is one that AWS would take, and names what scripts and people rely on."""

import subprocess
import sys
from pathlib import Path

import pytest
from cfnlint import decode

TEMPLATE = Path(__file__).parents[2] / "infra" / "lakehouse.yaml"


@pytest.fixture(scope="module")
def resources() -> dict:
    template, problems = decode.decode(str(TEMPLATE))
    assert not problems
    return template["Resources"]


def test_cfn_lint_finds_nothing() -> None:
    program = Path(sys.executable).with_name("cfn-lint")
    result = subprocess.run(
        [program, "--non-zero-exit-code", "informational", TEMPLATE], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (0, "")


def test_buckets_are_closed_to_the_public(resources: dict) -> None:
    buckets = [resource["Properties"] for resource in resources.values() if resource["Type"] == "AWS::S3::Bucket"]
    assert len(buckets) == 3
    for bucket in buckets:
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}


def test_data_outlives_the_stack(resources: dict) -> None:
    retained = {name for name, resource in resources.items() if resource.get("DeletionPolicy") == "Retain"}
    assert {"LakeBucket", "TokenizationKey"} <= retained


def test_glue_version_is_pinned(resources: dict) -> None:
    jobs = [resource["Properties"] for resource in resources.values() if resource["Type"] == "AWS::Glue::Job"]
    assert {job["GlueVersion"] for job in jobs} == {"5.1"}
