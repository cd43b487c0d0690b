"""The Spark that a job's script finds: `SparkSession.builder.getOrCreate()` needs no settings of its own.

The `s3` scheme is Hadoop's view file system over the buckets' folders, so that Spark needs no S3 client. A bucket, or a
folder of it, of which the job's role may read, write, delete and list every key is mounted from the raw local file
system: the other one would leave checksum files between the objects. All else is mounted from `web_files`, where the
role's policies decide about each key.
"""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from local_aws.access.folders import folder_rights
from local_aws.glue.jobs import class_archive
from local_aws.glue.jobs.asked_objects import OUTSIDE
from local_aws.glue.jobs.java import java_home
from local_aws.settings import endpoint_settings

GIBIBYTE = 1024**3
VIEW_FILE_SYSTEM = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
MOUNT_PREFIX = "spark.hadoop.fs.viewfs.mounttable."
# Hadoop's paths keep the `..` that they begin with, and the mounts of folders would follow it out of the bucket.
LEADING_OUT = "^/[.][.](?![^/])"
SETTING_PREFIX = "spark."
JAVA_SETTINGS = ("spark.driver.extra", "spark.driver.defaultJavaOptions", "spark.driver.memory")
LOGGING = Path(__file__).with_name("log4j2.properties")
# A laptop's job ends before Java's optimizing compiler has earned its time: the demo's transform takes half the
# processor time without it. All the jobs of an engine compile more than the 48 MB of code that are kept then.
COMPILER = ("-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=256m")


@dataclass(frozen=True)
class JavaOptions:
    """What only a Java that starts can take: jars before Spark's own on its class path, and settings of its own."""

    jars: tuple[Path, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_job(cls, jars: tuple[Path, ...], job_settings: dict[str, str]) -> "JavaOptions":
        return cls(jars, tuple(sorted(item for item in job_settings.items() if item[0].startswith(JAVA_SETTINGS))))


def java_environment(directory: Path, options: JavaOptions) -> dict[str, str]:
    """Variables that make pyspark start a Java.

    The settings travel as a properties file: a settings folder would be on the class path, and the class archive
    demands a class path that never changes.
    """
    properties = directory / "spark-defaults.conf"
    settings = {"spark.driver.memory": f"{driver_memory_gibibytes()}g", **dict(options.settings)}
    settings["spark.driver.extraJavaOptions"] = " ".join(
        [
            *map(shlex.quote, java_arguments(directory, options.jars)),
            settings.get("spark.driver.extraJavaOptions", ""),
        ]
    ).strip()
    if options.jars:
        settings["spark.driver.extraClassPath"] = os.pathsep.join(map(str, options.jars))
    properties.write_text("".join(f"{name} {_escaped(value)}\n" for name, value in settings.items()))
    return {
        "JAVA_HOME": str(java_home()),
        "PYSPARK_SUBMIT_ARGS": f"--properties-file {shlex.quote(str(properties))} pyspark-shell",
        "SPARK_CONF_DIR": str(class_archive.configuration_directory()),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def engine_settings(directory: Path, asked_files_url: str | None = None) -> dict[str, str]:
    """Spark settings of every job: one process on this machine, UTC, Glue's defaults for files."""
    cores = os.cpu_count() or 1
    return {
        "spark.master": "local[*]",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(directory),
        "spark.sql.warehouse.dir": (directory / "spark-warehouse").as_uri(),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(4 * cores),
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Spark forgets the code that it has generated beyond 100 stages, which are not those of one run.
        "spark.sql.codegen.cache.maxEntries": "5000",
        # A reader of the folder sees data files only.
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        # There is one machine: files are near, and WebHDFS would be asked where each of them is.
        "spark.sql.sources.ignoreDataLocality": "true",
        **file_system_settings(asked_files_url),
    }


def worker_environment(variables: dict[str, str]) -> dict[str, str]:
    """Settings by which the Python workers of Spark's tasks get the variables of the job's own Python."""
    return {f"spark.executorEnv.{name}": value for name, value in variables.items()}


def file_system_settings(asked_files_url: str | None = None) -> dict[str, str]:
    """The mounts of the buckets that exist now, for who acts.

    :param asked_files_url: where files are of which somebody has to be asked; without it they are not mounted
    """
    buckets = endpoint_settings().buckets_directory
    settings = {f"spark.hadoop.fs.{scheme}.impl": VIEW_FILE_SYSTEM for scheme in ("s3", "s3a")}
    settings["spark.hadoop.fs.bucketfile.impl"] = "org.apache.hadoop.fs.RawLocalFileSystem"
    settings["spark.hadoop.fs.viewfs.rename.strategy"] = "SAME_FILESYSTEM_ACROSS_MOUNTPOINT"
    for bucket in sorted(path for path in buckets.glob("*") if path.is_dir()):
        for folder, may_everything in folder_rights(bucket.name).items():
            link = f"link./{folder}" if folder else "linkFallback"
            url = (bucket / folder).as_uri().replace("file:", "bucketfile:", 1)
            if not may_everything:
                url = f"{asked_files_url}/{quote(str(Path(bucket.name, folder)))}"
            if may_everything or asked_files_url:
                settings[f"{MOUNT_PREFIX}{bucket.name}.{link}"] = url
        if asked_files_url:
            settings[f"{MOUNT_PREFIX}{bucket.name}.linkRegex.{LEADING_OUT}"] = f"{asked_files_url}/{OUTSIDE}"
    return settings


def java_arguments(directory: Path, jars: tuple[Path, ...]) -> list[str]:
    return [
        f"-Dlog4j2.configurationFile={LOGGING.as_uri()}",
        "-Duser.timezone=UTC",
        f"-Djava.io.tmpdir={directory}",
        "-XX:+UseParallelGC",
        # A job's own options come later and win.
        *COMPILER,
        "-XX:MetaspaceSize=256m",
        # An engine that waits keeps the heap that its jobs needed.
        "-XX:MaxNewSize=512m",
        *class_archive.java_arguments(jars),
    ]


def driver_memory_gibibytes() -> int:
    """A quarter of the machine's memory, from 1 to 8 GiB: Spark, its Python and the rest of the stack share it."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(max(machine // GIBIBYTE // 4, 1), 8)


def _escaped(value: str) -> str:
    """A value as a Java properties file holds it."""
    return value.replace("\\", "\\\\")
