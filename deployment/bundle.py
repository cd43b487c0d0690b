"""The files that Amazon MWAA and Glue take from their buckets, and nothing else.

The bundle is laid out as the buckets are: below `mwaa/` the DAG folder (with the SQL inside it, because only that
folder reaches the environment), plugins.zip, requirements.txt and the startup script; below `glue/` the jobs' scripts
and the package that they share. The packages that both install come as wheels, in plugins.zip and in a zip of Glue's.
The same commit gives the same bytes.
"""

import shutil
from pathlib import Path

from deployment.archive import CONTRACT_PACKAGE, GLUE_PACKAGE, source_files, zip_files, zip_glue_packages
from deployment.wheels import GLUE_LOCK, GLUE_WHEELS, MWAA_LOCK, FetchWheels, fetch_wheels, write_glue_wheels

REPOSITORY = Path(__file__).parents[1]
BUNDLE = REPOSITORY / "dist" / "bundle"
WHEELS = "wheels"
# Compiled modules, and the statements of the local source databases, which no DAG runs.
NOT_FOR_MWAA = ("__pycache__", "local_source")


def build_bundle(
    target: Path = BUNDLE, repository: Path = REPOSITORY, fetch_wheels: FetchWheels = fetch_wheels
) -> list[Path]:
    """Replace what `target` holds with the bundle; returns its files. The wheels stay in a folder beside it."""
    shutil.rmtree(target, ignore_errors=True)
    mwaa, glue, wheels = target / "mwaa", target / "glue", target.parent / WHEELS
    _copy_sources(repository / "dags", mwaa / "dags")
    plugins = list(source_files(repository / "plugins"))
    mwaa_wheels = fetch_wheels(MWAA_LOCK, repository, wheels / "mwaa")
    contract = list(source_files(repository / CONTRACT_PACKAGE))
    _write(
        mwaa / "plugins.zip",
        zip_files({repository: contract, repository / "plugins": plugins, wheels / "mwaa": mwaa_wheels}),
    )
    _write(mwaa / "requirements.txt", (repository / "requirements.txt").read_bytes())
    _write(mwaa / "startup.sh", (repository / "infra" / "mwaa" / "startup.sh").read_bytes())
    write_glue_scripts(glue / "glue_scripts", fetch_wheels(GLUE_LOCK, repository, wheels / "glue"), repository)
    return list(source_files(target))


def write_glue_scripts(folder: Path, wheels: list[Path], repository: Path = REPOSITORY) -> None:
    """The jobs' scripts, the packages that they share, and the zip of wheels that names what they need.

    Without wheels the zip has names alone: the local Glue runs jobs on this machine's packages, and checks that those
    are of the versions that it names.
    """
    for script in sorted((repository / "glue_scripts").glob("*.py")):
        _write(folder / script.name, script.read_bytes())
    _write(folder / f"{GLUE_PACKAGE}.zip", zip_glue_packages(repository))
    write_glue_wheels(folder / GLUE_WHEELS, (repository / GLUE_LOCK.path).read_text(), wheels)


def _copy_sources(folder: Path, target: Path) -> None:
    """The folder's files; a link to a folder becomes that folder."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns(*NOT_FOR_MWAA))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
