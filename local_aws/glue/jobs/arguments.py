"""What becomes of a job's arguments: some set up the run, the others reach the script's sys.argv.

Source: AWS Glue developer guide, "Using job parameters in AWS Glue jobs".
"""

from local_aws.glue.jobs.errors import JobError

# Consumed before the script starts.
SETUP_ARGUMENTS = frozenset(
    {
        "--additional-python-modules",
        "--class",
        "--conf",
        "--extra-files",
        "--extra-jars",
        "--extra-py-files",
        "--job-language",
        "--python-modules-installer-option",
        "--scriptLocation",
        "--user-jars-first",
    }
)
UNSUPPORTED_ARGUMENTS = ("--class", "--extra-jars", "--user-jars-first")
# What spark-submit alone carries out, for a Java of the job's own; so are those that begin with `spark.jars.`.
UNSUPPORTED_SETTINGS = ("spark.driver.userClassPathFirst", "spark.jars")
INSTALLER_OPTIONS = {"--no-index"}
"""Of pip's; no package index is asked here in any case."""


def check_arguments(arguments: dict[str, str]) -> None:
    """Raises JobError for arguments that would need something that the local Glue lacks."""
    for name in UNSUPPORTED_ARGUMENTS:
        if arguments.get(name):
            raise JobError(f"The local Glue does not support the job argument {name}.")
    option = arguments.get("--python-modules-installer-option")
    if option and option not in INSTALLER_OPTIONS:
        raise JobError(
            f"The local Glue does not support {option} of the job argument --python-modules-installer-option."
        )
    if arguments.get("--job-language", "python") != "python":
        raise JobError(f"The local Glue runs Python only, not --job-language {arguments['--job-language']}.")
    for name in arguments:
        if not name.startswith("--"):
            raise JobError(f"The name of the job argument {name!r} does not start with two dashes.")


def script_arguments(arguments: dict[str, str], job_name: str, job_id: str, run_id: str) -> list[str]:
    """sys.argv after the script's path: the reserved arguments, then the job's own in their order."""
    reserved = {"--JOB_NAME": job_name, "--JOB_ID": job_id, "--JOB_RUN_ID": run_id}
    own = {name: value for name, value in arguments.items() if name not in SETUP_ARGUMENTS and name not in reserved}
    return [part for pair in (reserved | own).items() for part in pair]


def listed(value: str | None) -> list[str]:
    """The entries of a comma-separated argument."""
    return [entry.strip() for entry in (value or "").split(",") if entry.strip()]


def spark_settings(value: str | None) -> dict[str, str]:
    """Spark settings of `--conf`: `key=value`, more of them as `key=value --conf key=value`."""
    settings = {}
    for setting in (value or "").split("--conf"):
        name, separator, content = setting.strip().partition("=")
        if name and not separator:
            raise JobError(f"The job argument --conf holds {setting.strip()!r}: write it as name=value.")
        if name in UNSUPPORTED_SETTINGS or name.startswith("spark.jars."):
            raise JobError(f"The local Glue does not support the Spark setting {name} of the job argument --conf.")
        if name:
            settings[name] = content
    return settings
