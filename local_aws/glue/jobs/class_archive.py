"""An archive of the classes that Spark loads at its start, so that a job's Java maps them instead of reading jars.

Measured on two cores: a job of three small reads and writes took 12 s without the archive and 7 s with it, and half the
processor time. An archive fits one Java and one class path, so jobs with Iceberg have one of their own; they lie in the
Python environment that holds that Spark. Nothing depends on it: a job that finds none starts without.
"""

import hashlib
import logging
import shutil
import subprocess
import sys
import tempfile
import threading
from functools import cache
from importlib.metadata import version
from pathlib import Path

from local_aws.glue.jobs.data_lake_formats import training_catalogs
from local_aws.glue.jobs.java import java_home
from local_aws.glue.jobs.process import LAUNCHER
from local_aws.settings import endpoint_settings
from local_aws.storage import atomic_file

logger = logging.getLogger(__name__)

TRAINING_SCRIPT = Path(__file__).with_name("class_training.py")
TRAINING_SECONDS = 900

_wanted: set[Path] = set()
_building = threading.Lock()


def configuration_directory() -> Path:
    """What Spark takes for its settings folder: it does not exist, so that the class path is the same for every job."""
    return _directory() / "no-settings"


def java_arguments(jars: tuple[Path, ...]) -> list[str]:
    """Options of a Java that uses the archives there are for Spark and the jars before it on the class path.

    One that does not fit is ignored without a word.
    """
    archives = [path for path in (_base_archive(), _spark_archive(jars)) if path and path.is_file()]
    if not archives:
        return []
    return [f"-XX:SharedArchiveFile={':'.join(map(str, archives))}", "-Xshare:auto", "-Xlog:disable"]


def build_in_background(jars: tuple[Path, ...]) -> None:
    """Build the archive for jobs with these jars once, at the lowest priority, unless it is there."""
    archive = _spark_archive(jars)
    if not archive.is_file() and archive not in _wanted:
        _wanted.add(archive)
        threading.Thread(target=_build, args=(jars,), name="spark-class-archive", daemon=True).start()


def _build(jars: tuple[Path, ...]) -> None:
    work_directory = endpoint_settings().work_directory
    work_directory.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="glue-", dir=work_directory))
    try:
        with _building:
            _directory().mkdir(parents=True, exist_ok=True)
            _build_base_archive()
            _build_spark_archive(directory, jars)
    except (OSError, subprocess.SubprocessError) as error:
        logger.warning("Spark jobs start without a class archive: %s", error)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _build_base_archive() -> None:
    archive = _base_archive()
    if archive is None or archive.is_file():
        return
    with atomic_file(archive) as temporary:
        temporary.unlink()
        subprocess.run(
            [java_home() / "bin" / "java", "-Xshare:dump", f"-XX:SharedArchiveFile={temporary}"],
            check=True,
            capture_output=True,
            timeout=TRAINING_SECONDS,
        )


def _build_spark_archive(directory: Path, jars: tuple[Path, ...]) -> None:
    from local_aws.glue.jobs import spark

    archive = directory / "classes.jsa"
    settings = spark.engine_settings(directory) | (training_catalogs(directory) if jars else {})
    settings["spark.driver.extraJavaOptions"] = f"-XX:ArchiveClassesAtExit={archive}"
    environment = spark.java_environment(directory, spark.JavaOptions(jars, tuple(settings.items())))
    lifeline = subprocess.Popen(
        ["nice", "-n", "19", sys.executable, LAUNCHER, directory / "error.txt", TRAINING_SCRIPT, directory],
        cwd=directory,
        env={"PATH": "/usr/bin:/bin", "PYSPARK_PYTHON": sys.executable, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    exit_code = lifeline.wait(TRAINING_SECONDS)
    if exit_code:
        raise subprocess.CalledProcessError(exit_code, TRAINING_SCRIPT.name)
    with atomic_file(_spark_archive(jars)) as temporary:
        shutil.copyfile(archive, temporary)


@cache
def _spark_archive(jars: tuple[Path, ...]) -> Path:
    parts = (*_java_and_spark(), *(path.name for path in jars))
    return _directory() / f"spark-{_short_hash(parts)}.jsa"


def _base_archive() -> Path | None:
    """Where to put the archive of Java's own classes for a Java that comes without one; None for one that has it."""
    if (java_home() / "lib" / "server" / "classes.jsa").is_file():
        return None
    return _directory() / f"java-{_short_hash(_java_and_spark())}.jsa"


def _java_and_spark() -> tuple[str, ...]:
    return version("pyspark"), str(java_home()), (java_home() / "release").read_text()


def _short_hash(parts: tuple[str, ...]) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _directory() -> Path:
    return Path(sys.prefix) / "cache" / "spark-classes"
