"""The bundle, unpacked as MWAA lays it out and loaded with the packages that MWAA has."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deployment.bundle import build_bundle

# What the image of Airflow 3.2.1 has beside Airflow's own dependencies: github.com/aws/amazon-mwaa-docker-images.
MWAA_PACKAGES = (
    "apache-airflow",
    "apache-airflow-providers-amazon[aiobotocore]",
    "apache-airflow-providers-postgres",
    "psycopg2-binary",
)
NOT_ON_MWAA = ("pyspark", "great_expectations", "moto", "duckdb", "local_aws", "stack", "deployment", "lakehouse_glue")
LOAD_DAGS = """
import importlib.util
import sys
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
dags, *absent = sys.argv[1:]
found = [name for name in absent if importlib.util.find_spec(name)]
assert not found, f"importable here, but not on MWAA: {found}"
bag = BundleDagBag(dags, bundle_path=Path(dags), bundle_name="dags")
assert not bag.import_errors, bag.import_errors
assert not {"pyiceberg", "pyarrow"} & sys.modules.keys(), "a plugin imports at its top what takes a second"
import lakehouse_aws.iceberg.versions
import lakehouse_aws.redshift.changes
import pyiceberg.catalog.glue
import pyiceberg.io.pyarrow
print(*sorted(bag.dags))
"""


def no_wheels(*_) -> list[Path]:
    """The packages are installed here, and 150 MB need not be downloaded."""
    return []


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("bundle")
    build_bundle(target, fetch_wheels=no_wheels)
    return target


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Path:
    """A folder with links to the packages of the image and of requirements.txt, and their dependencies."""
    requirements = [
        line for line in (bundle / "mwaa" / "requirements.txt").read_text().splitlines() if line and line[0] not in "#-"
    ]
    folder = tmp_path_factory.mktemp("site-packages")
    for package in closure([*MWAA_PACKAGES, *requirements]):
        for entry in top_level_entries(package):
            link(entry, folder / entry.name)
    return folder


def closure(requirements: list[str]) -> Iterator[Distribution]:
    """The installed distributions that the requirements need, each once."""
    seen: set[tuple[str, str]] = set()
    packages: dict[str, Distribution] = {}
    pending = [Requirement(text) for text in requirements]
    while pending:
        requirement = pending.pop()
        for extra in requirement.extras or {""}:
            key = (re.sub(r"[-_.]+", "-", requirement.name).lower(), extra)
            if key in seen:
                continue
            seen.add(key)
            try:
                package = distribution(requirement.name)
            except PackageNotFoundError:
                continue
            packages[key[0]] = package
            for text in package.requires or []:
                needed = Requirement(text)
                if needed.marker is None or any(needed.marker.evaluate({"extra": name}) for name in {"", extra}):
                    pending.append(needed)
    return iter(packages.values())


def top_level_entries(package: Distribution) -> set[Path]:
    root = Path(str(package.locate_file("")))
    return {root / file.parts[0] for file in package.files or [] if file.parts[0] not in {"..", "__pycache__"}}


def link(entry: Path, target: Path) -> None:
    """Namespace packages (airflow, google) are shared by distributions, so folders of the same name are one link."""
    if entry.exists() and not target.exists():
        target.symlink_to(entry)


def load_dags(bundle: Path, site_packages: Path, folder: Path, **environment: str) -> list[str]:
    """Names of the DAGs that load from the layout of MWAA: dags/ and the unpacked plugins.zip."""
    shutil.copytree(bundle / "mwaa" / "dags", folder / "dags")
    with zipfile.ZipFile(bundle / "mwaa" / "plugins.zip") as plugins:
        plugins.extractall(folder / "plugins")
    command = [sys.executable, "-S", "-c", LOAD_DAGS, folder / "dags", *NOT_ON_MWAA]
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(site_packages),
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(folder / "plugins"),
        **environment,
    }
    run = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout.splitlines()[-1].split()


def test_every_dag_loads_with_the_packages_of_mwaa(bundle, site_packages, tmp_path):
    settings = {
        "LAKEHOUSE_LAKE_BUCKET": "lake",
        "LAKEHOUSE_RAW_BUCKET": "raw",
        "LAKEHOUSE_ATHENA_RESULTS_BUCKET": "results",
        "LAKEHOUSE_DATA_DOCS_BUCKET": "docs",
    }
    expected = sorted(path.stem for path in (bundle / "mwaa" / "dags").glob("*.py"))
    assert expected
    assert load_dags(bundle, site_packages, tmp_path, **settings) == expected


def test_bundle_has_the_sql_that_the_dags_name(bundle):
    dags = bundle / "mwaa" / "dags"
    named = {name for file in dags.rglob("*.py") for name in re.findall(r'"(sql/[\w/]+\.sql)"', file.read_text())}
    assert named
    assert all((dags / name).is_file() for name in named)


def test_bundle_holds_no_links_and_no_compiled_modules(bundle):
    assert not [path for path in bundle.rglob("*") if path.is_symlink() or path.suffix == ".pyc"]


def test_bundle_has_the_same_bytes_when_built_again(bundle, tmp_path):
    again = {path.relative_to(tmp_path): path.read_bytes() for path in build_bundle(tmp_path, fetch_wheels=no_wheels)}
    assert again == {path.relative_to(bundle): path.read_bytes() for path in bundle.rglob("*") if path.is_file()}


def test_startup_script_turns_configuration_options_into_settings(bundle):
    script = bundle / "mwaa" / "startup.sh"
    command = ["bash", "-c", f'source "{script}"; echo "$LAKEHOUSE_LAKE_BUCKET|$LAKEHOUSE_ALERTS_TOPIC_ARN"']
    options = {
        "AIRFLOW__LAKEHOUSE__LAKE_BUCKET": "my lake",
        "AIRFLOW__LAKEHOUSE__ALERTS_TOPIC_ARN": "arn:aws:sns:eu-west-1:1:a",
    }
    shown = subprocess.run(command, env=os.environ | options, capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "my lake|arn:aws:sns:eu-west-1:1:a"
