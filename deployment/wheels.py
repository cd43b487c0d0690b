"""The packages that AWS installs beside its own, as wheels that are locked by their hashes.

Nothing is fetched from an index while a job or an environment starts: Glue takes the wheels from the artefact bucket,
Amazon MWAA from plugins.zip. A lock is for x86_64 Linux with glibc 2.28 or later, which both run on.
"""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name, parse_wheel_filename

from deployment.errors import DeploymentError

PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux1_x86_64")
GLUE_WHEELS = "lakehouse.gluewheels.zip"
"""Glue tells a zip of wheels by its ending (Glue developer guide, Creating a Zip of Wheels artifact)."""


@dataclass(frozen=True)
class WheelLock:
    """A lock file of the repository, and the Python that its wheels are for."""

    path: str
    python_version: str


GLUE_LOCK = WheelLock("glue_scripts/requirements.lock", "3.11")
MWAA_LOCK = WheelLock("infra/mwaa/requirements.lock", "3.12")
FetchWheels = Callable[[WheelLock, Path, Path], list[Path]]


def fetch_wheels(lock: WheelLock, repository: Path, folder: Path) -> list[Path]:
    """The lock's wheels, in the order of their names; `folder` keeps them for the next time.

    Raises DeploymentError when one cannot be had, or has not the hash of the lock.
    """
    locked = locked_hashes((repository / lock.path).read_text())
    kept = sorted(folder.glob("*.whl"))
    for wheel in kept:
        if _requirement(wheel) not in locked or _sha256(wheel) not in locked[_requirement(wheel)]:
            wheel.unlink()
    if {_requirement(wheel) for wheel in folder.glob("*.whl")} != locked.keys():
        _download(lock, repository, folder)
    return sorted(folder.glob("*.whl"))


def locked_hashes(lock: str) -> dict[str, set[str]]:
    """SHA-256 hashes by `name==version`, of the text of a lock file."""
    locked: dict[str, set[str]] = {}
    requirement = ""
    for line in (line.strip().rstrip("\\").strip() for line in lock.splitlines()):
        if line.startswith("--hash=sha256:"):
            locked[requirement].add(line.removeprefix("--hash=sha256:"))
        elif line:
            requirement = line
            locked[requirement] = set()
    return locked


def write_glue_wheels(target: Path, lock: str, wheels: list[Path]) -> None:
    """A zip as Glue takes it: the folder `wheels/` with the wheels and the requirements that they fulfil.

    :param wheels: none of them for a Glue where the requirements are installed already
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    files = {wheel.name: wheel.read_bytes for wheel in wheels}
    files["requirements.txt"] = ("\n".join(locked_hashes(lock)) + "\n").encode
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, read in sorted(files.items()):
            entry = zipfile.ZipInfo(f"wheels/{name}")
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, read())


def _download(lock: WheelLock, repository: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--no-deps", "--only-binary=:all:", "--implementation=cp"]
    command += [f"--python-version={lock.python_version}", *(f"--platform={platform}" for platform in PLATFORMS)]
    command += [f"--dest={folder}", f"--requirement={repository / lock.path}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        reason = " ".join(run.stderr.replace("ERROR:", " ").split())
        raise DeploymentError(
            f"The packages of {lock.path} could not be downloaded with the hashes that it keeps: {reason[:500]}"
        )


def _requirement(wheel: Path) -> str:
    name, version, *_ = parse_wheel_filename(wheel.name)
    return f"{canonicalize_name(name)}=={version}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
