"""Checks that this machine has what a job asks for."""

from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import InvalidRequirement, Requirement

from local_aws.glue.jobs.errors import JobError

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


def check_modules(requirements: list[str]) -> None:
    """Raises JobError naming the first of `--additional-python-modules` that is not installed as asked."""
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise JobError(
                f"--additional-python-modules names {text!r}: the local Glue takes package names with versions only."
            ) from error
        _check_module(requirement)


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
