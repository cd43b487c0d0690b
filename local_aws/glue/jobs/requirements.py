"""Checks that this machine has what a job asks for."""

import zipfile
from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import parse_wheel_filename

from local_aws.glue.jobs.errors import JobError
from local_aws.storage import local_path

WHEELS_ENDING = ".gluewheels.zip"
WHEELS_REQUIREMENTS = "wheels/requirements.txt"

# AWS Glue release notes.
SPARK_VERSIONS = {"3.0": "3.1.1", "4.0": "3.3.0", "5.0": "3.5.4", "5.1": "3.5.6", "6.0": "4.1.1"}


def check_glue_version(glue_version: str) -> None:
    """Raises JobError unless the installed Spark is the one of the job's Glue version."""
    wanted = SPARK_VERSIONS.get(glue_version)
    if wanted is None:
        raise JobError(f"Glue version {glue_version} is unknown: choose one of {', '.join(SPARK_VERSIONS)}.")
    installed = version("pyspark")
    if installed != wanted:
        fitting = next((glue for glue, spark in SPARK_VERSIONS.items() if spark == installed), None)
        advice = f"set the job's GlueVersion to {fitting}" if fitting else f"install pyspark {wanted}"
        raise JobError(f"Glue {glue_version} runs Spark {wanted}, but Spark {installed} is installed here: {advice}.")


def check_modules(modules: list[str]) -> None:
    """Raises JobError naming the first of `--additional-python-modules` that is not installed as asked.

    A zip of wheels is looked into and not installed: every requirement that it names has to be installed, in that
    version, and every wheel that it holds has to be of one of them.
    Source: AWS Glue developer guide, "Creating a Zip of Wheels artifact".
    """
    for text in modules:
        if text.endswith(WHEELS_ENDING):
            for requirement in _zipped_requirements(text):
                _check_module(requirement)
            continue
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise JobError(
                f"--additional-python-modules names {text!r}: the local Glue takes package names with versions, and "
                f"zips of wheels that end in {WHEELS_ENDING}."
            ) from error
        _check_module(requirement)


def _zipped_requirements(location: str) -> list[Requirement]:
    """What the zip's requirements.txt names; its wheels, where it has any, are exactly those."""
    try:
        with zipfile.ZipFile(local_path(location)) as archive:
            names = archive.namelist()
            requirements = archive.read(WHEELS_REQUIREMENTS).decode().splitlines()
    except ValueError as error:
        raise JobError(f"The location of --additional-python-modules is wrong: {error}.") from error
    except FileNotFoundError as error:
        raise JobError(f"{location} of --additional-python-modules does not exist.") from error
    except zipfile.BadZipFile as error:
        raise JobError(f"{location} of --additional-python-modules is no zip.") from error
    except KeyError as error:
        raise JobError(f"{location} of --additional-python-modules has no {WHEELS_REQUIREMENTS}.") from error
    named = {text.strip() for text in requirements if text.strip() and not text.startswith("#")}
    held = {_wheel_requirement(name) for name in names if name.endswith(".whl")}
    if held and held != named:
        (first, *_) = sorted(held ^ named)
        fault = "holds no wheel of" if first in named else f"does not name, in {WHEELS_REQUIREMENTS}, its wheel of"
        raise JobError(f"{location} of --additional-python-modules {fault} {first}.")
    return [Requirement(text) for text in sorted(named)]


def _wheel_requirement(name: str) -> str:
    package, version, *_ = parse_wheel_filename(name.rpartition("/")[2])
    return f"{package}=={version}"


def _check_module(requirement: Requirement) -> None:
    if requirement.marker and not requirement.marker.evaluate():
        return
    try:
        installed = version(requirement.name)
    except PackageNotFoundError as error:
        raise JobError(
            f"--additional-python-modules asks for {requirement}, which is not installed here: install it first."
        ) from error
    if not requirement.specifier.contains(installed, prereleases=True):
        raise JobError(
            f"--additional-python-modules asks for {requirement}, but {requirement.name} {installed} is installed here."
        )
