"""The few values that a user chooses for an environment: infra/environments/<name>.toml."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import boto3

from deployment.bundle import REPOSITORY
from deployment.errors import DeploymentError

ENVIRONMENTS = REPOSITORY / "infra" / "environments"
_NAME = re.compile(r"[a-z][a-z0-9]{1,15}")
_SECTIONS = {"region", "parameters"}


@dataclass(frozen=True)
class Environment:
    """Where to deploy, and the templates' parameters by name."""

    name: str
    region: str
    parameters: dict[str, str]


def load_environment(name: str, region: str | None = None, folder: Path = ENVIRONMENTS) -> Environment:
    """The environment's file, with `region` instead of its own when given.

    Raises DeploymentError for a name without a file, a file that cannot be read, and a region that does not exist.
    """
    path = folder / f"{name}.toml"
    if not _NAME.fullmatch(name) or not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.toml"))) or "none"
        raise DeploymentError(f"There is no environment {name!r}: write {path}, or choose one of: {known}.")
    try:
        content = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise DeploymentError(f"{path} is not TOML: {error}.") from error
    unknown = sorted(content.keys() - _SECTIONS)
    if unknown:
        raise DeploymentError(f"{path} has {unknown[0]!r} outside of [parameters]: move it there or remove it.")
    chosen_region = _known_region(region or content.get("region", ""), path)
    parameters = {key: _parameter_value(value) for key, value in content.get("parameters", {}).items()}
    return Environment(name, chosen_region, parameters)


def _known_region(region: str, path: Path) -> str:
    session = boto3.session.Session()
    partitions = session.get_available_partitions()
    regions = {name for part in partitions for name in session.get_available_regions("cloudformation", part)}
    if region not in regions:
        raise DeploymentError(
            f"There is no AWS region {region!r}: set `region` in {path} or --region to one such as eu-central-1."
        )
    return region


def _parameter_value(value: object) -> str:
    """As CloudFormation takes it: booleans as true and false, lists joined by commas."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return str(value)
