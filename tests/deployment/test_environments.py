import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployment.environments import load_environment
from deployment.errors import DeploymentError

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dev.toml").write_text(
        'region = "eu-central-1"\n[parameters]\nGlueWorkers = 4\nRedshiftEnabled = false\nSubnetIds = ["a", "b"]\n'
    )
    return tmp_path


def test_parameters_are_what_cloudformation_takes(folder):
    parameters = load_environment("dev", folder=folder).parameters
    assert parameters == {"GlueWorkers": "4", "RedshiftEnabled": "false", "SubnetIds": "a,b"}


def test_region_of_the_command_wins(folder):
    assert load_environment("dev", folder=folder).region == "eu-central-1"
    assert load_environment("dev", "us-west-2", folder).region == "us-west-2"


def test_wrong_region_is_named(folder):
    with pytest.raises(DeploymentError, match="There is no AWS region 'eu-nowhere-1'"):
        load_environment("dev", "eu-nowhere-1", folder)


@pytest.mark.parametrize("name", ["prod", "../dev", "Dev"])
def test_unknown_environment_is_told_with_those_that_exist(folder, name):
    with pytest.raises(DeploymentError, match="or choose one of: dev"):
        load_environment(name, folder=folder)


@pytest.mark.parametrize(
    ("content", "sentence"), [("region =", "is not TOML"), ("GlueWorkers = 4", "'GlueWorkers' out")]
)
def test_unreadable_file_is_one_sentence(folder, content, sentence):
    (folder / "dev.toml").write_text(content)
    with pytest.raises(DeploymentError, match=sentence):
        load_environment("dev", folder=folder)


def test_command_without_credentials_ends_with_one_sentence(tmp_path):
    nowhere = str(tmp_path / "none")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = kept | {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
    }
    command = [sys.executable, "-m", "deployment", "deploy", "--environment", "dev"]
    result = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("There are no AWS credentials to use")
    assert result.stderr.count("\n") == 1
