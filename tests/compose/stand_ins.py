"""Base images for where none can be pulled: built from Debian's bootstrap, under the same tags."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "stand_ins"
REPOSITORY = Path(__file__).parents[2]
DEBIAN = "lakehouse-debian:bookworm"
PACKAGES = "ca-certificates,python3,python3-pip,python3-venv"
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
# In the order in which they build on each other.
IMAGES = {"python": "python:3.11.14-slim-bookworm", "postgres": "postgres:17.7-bookworm", "mongo": "mongo:8.0.15"}


def provide_images() -> None:
    """Pull the images that are missing, or build a stand-in; skips the test where neither can be done."""
    for name, tag in IMAGES.items():
        if not succeeds("docker", "image", "inspect", tag) and not succeeds("docker", "pull", tag):
            build(name, tag)


def build(name: str, tag: str) -> None:
    if not succeeds("docker", "image", "inspect", DEBIAN):
        bootstrap()
    with tempfile.TemporaryDirectory() as folder:
        context = shutil.copytree(HERE, Path(folder) / "context")
        shutil.copy(REPOSITORY / "requirements.lock", context)
        dockerfile = str(context / f"{name}.Dockerfile")
        subprocess.run(["docker", "build", "--tag", tag, "--file", dockerfile, str(context)], check=True)


def bootstrap() -> None:
    """Make the image of a minimal Debian, which trusts whom this machine trusts."""
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        pytest.skip("An image cannot be pulled, and to build a stand-in takes root and the program debootstrap.")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root)], check=True)
        shutil.copy(Path("/") / CERTIFICATES, root / CERTIFICATES)
        with subprocess.Popen(["tar", "--create", "--directory", str(root), "."], stdout=subprocess.PIPE) as archive:
            subprocess.run(["docker", "import", "-", DEBIAN], stdin=archive.stdout, check=True)


def succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
