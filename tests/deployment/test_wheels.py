"""What AWS installs are the wheels of the locks, with their hashes, or nothing is deployed."""

import hashlib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deployment.errors import DeploymentError
from deployment.wheels import GLUE_LOCK, MWAA_LOCK, WheelLock, fetch_wheels, locked_hashes, write_glue_wheels

REPOSITORY = Path(__file__).parents[2]
LOCK = WheelLock("requirements.lock", "3.11")


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """A folder that pip takes for the only index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def put_wheel(folder: Path, name: str, code: str = "") -> str:
    """A wheel of the version 1.0; returns its hash."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", code)
        wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_lock(repository: Path, **hashes: str) -> None:
    lines = [f"{name}==1.0 \\\n    --hash=sha256:{digest}\n" for name, digest in hashes.items()]
    (repository / LOCK.path).write_text("".join(lines))


def test_wheels_of_the_lock_are_fetched_and_kept(tmp_path, index):
    write_lock(tmp_path, one=put_wheel(index, "one"), two=put_wheel(index, "two"))
    folder = tmp_path / "wheels"
    assert [wheel.name.partition("-")[0] for wheel in fetch_wheels(LOCK, tmp_path, folder)] == ["one", "two"]
    for wheel in index.iterdir():
        wheel.unlink()
    assert len(fetch_wheels(LOCK, tmp_path, folder)) == 2


def test_wheel_with_another_hash_is_refused(tmp_path, index):
    locked = put_wheel(index, "one")
    write_lock(tmp_path, one=locked)
    put_wheel(index, "one", code="import os")
    with pytest.raises(DeploymentError, match=r"requirements\.lock could not be downloaded .* DO NOT MATCH"):
        fetch_wheels(LOCK, tmp_path, tmp_path / "wheels")


def test_kept_wheel_that_was_changed_or_is_not_locked_any_more_is_replaced(tmp_path, index):
    write_lock(tmp_path, one=put_wheel(index, "one"))
    folder = tmp_path / "wheels"
    folder.mkdir()
    put_wheel(folder, "one", code="import os")
    put_wheel(folder, "two")
    (fetched,) = fetch_wheels(LOCK, tmp_path, folder)
    assert fetched.read_bytes() == (index / fetched.name).read_bytes()


def test_missing_package_is_one_sentence(tmp_path, index):
    write_lock(tmp_path, one="0" * 64)
    with pytest.raises(DeploymentError, match=r"could not be downloaded .*one==1\.0"):
        fetch_wheels(LOCK, tmp_path, tmp_path / "wheels")


def test_zip_of_wheels_has_the_wheels_beside_their_requirements(tmp_path, index):
    write_lock(tmp_path, one=put_wheel(index, "one"))
    target = tmp_path / "x.gluewheels.zip"
    write_glue_wheels(target, (tmp_path / LOCK.path).read_text(), sorted(index.iterdir()))
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["wheels/one-1.0-py3-none-any.whl", "wheels/requirements.txt"]
        assert archive.read("wheels/requirements.txt") == b"one==1.0\n"


def test_glue_runs_with_the_versions_that_the_tests_run_with():
    locked = locked_hashes((REPOSITORY / GLUE_LOCK.path).read_text())
    requirements = [Requirement(text) for text in locked]
    assert {"great-expectations", "pyarrow"} <= {requirement.name for requirement in requirements}
    assert [str(found) for found in requirements if version(found.name) not in found.specifier] == []
    assert all(locked.values())


def test_lock_of_mwaa_has_what_the_requirements_name():
    lines = (REPOSITORY / "requirements.txt").read_text().splitlines()
    named = {line for line in lines if line and line[0] not in "#-"}
    assert locked_hashes((REPOSITORY / MWAA_LOCK.path).read_text()).keys() == named
    assert {"--no-index", "--find-links /usr/local/airflow/plugins"} <= set(lines)
