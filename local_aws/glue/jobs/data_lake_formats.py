"""What `--datalake-formats` brings to a job: Iceberg's jar, and the Glue catalog in the place of `GlueCatalog`.

The jar has Iceberg's classes without the AWS SDK that those in `org.apache.iceberg.aws` need. So a catalog that
`--conf` gives as a GlueCatalog with S3FileIO becomes Iceberg's REST catalog on this endpoint's Glue, and Hadoop's view
of the buckets. So the catalog's metadata files are read and written by the endpoint as the job's role, and the data
files and manifests by Spark through the mounts that the role has.
Sources: AWS Glue developer guide, "Using the Iceberg framework in AWS Glue"; Apache Iceberg, "AWS integrations".
"""

import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from local_aws.access.sessions import Credentials
from local_aws.glue.iceberg import WAREHOUSE_HEADER
from local_aws.glue.jobs.arguments import listed
from local_aws.glue.jobs.errors import JobError
from local_aws.settings import ACCOUNT_ID, endpoint_settings

ARGUMENT = "--datalake-formats"
ICEBERG = "iceberg"
JARS_PACKAGE = "snowpark_connect_deps_iceberg"
SCALA_VERSION = "2.12"

SPARK_CATALOG = "org.apache.iceberg.spark.SparkCatalog"
GLUE_CATALOG = "org.apache.iceberg.aws.glue.GlueCatalog"
S3_FILE_IO = "org.apache.iceberg.aws.s3.S3FileIO"
HADOOP_FILE_IO = "org.apache.iceberg.hadoop.HadoopFileIO"
CATALOG_CLASS = re.compile(r"spark\.sql\.catalog\.([^.]+)")

# Options that change nothing here: how clients of Glue and S3 send what they send, and what Spark keeps of a catalog.
PASSED_OPTIONS = re.compile(
    r"warehouse|default-namespace|cache-enabled|cache\..+|http-client\..+|s3\.multipart\..+|s3\.retry\..+"
    r"|s3\.checksum-enabled|s3\.delete\.(batch-size|num-threads)|s3\.path-style-access|s3\.preload-client-enabled"
    r"|s3\.staging-dir|s3\.acceleration-enabled|s3\.dualstack-enabled"
)


def jars(arguments: dict[str, str]) -> tuple[Path, ...]:
    """The jars of the formats that the job's arguments name; none without the argument.

    Raises JobError for a format that the local Glue lacks.
    """
    formats = listed(arguments.get(ARGUMENT))
    for name in formats:
        if name != ICEBERG:
            raise JobError(f"The local Glue does not support {name!r} of the job argument {ARGUMENT}.")
    return (_iceberg_jar(),) if formats else ()


def _iceberg_jar() -> Path:
    """Iceberg for the installed Spark, from the Python package that carries it."""
    package = find_spec(JARS_PACKAGE)
    spark = ".".join(version("pyspark").split(".")[:2])
    name = f"iceberg-spark-runtime-{spark}_{SCALA_VERSION}-*.jar"
    found = sorted(Path(package.submodule_search_locations[0]).glob(f"jars/{name}")) if package else []
    if not found:
        raise JobError(
            f"The job argument {ARGUMENT} needs {name}: install the Python package {JARS_PACKAGE.replace('_', '-')}."
        )
    return found[-1]


def local_catalogs(settings: dict[str, str], region: str, credentials: Credentials | None = None) -> dict[str, str]:
    """The job's Spark settings with every GlueCatalog in them replaced, which acts as whom the credentials are of.

    Raises JobError for a catalog, or an option of one, that would be something else here than on AWS.
    """
    names = [found[1] for setting in settings if (found := CATALOG_CLASS.fullmatch(setting))]
    replaced = dict(settings)
    for name in names:
        prefix = f"spark.sql.catalog.{name}"
        options = {
            setting.removeprefix(f"{prefix}."): replaced.pop(setting)
            for setting in settings
            if setting.startswith(f"{prefix}.")
        }
        if settings[prefix] != SPARK_CATALOG:
            raise JobError(f"The local Glue does not support the catalog {prefix}={settings[prefix]}.")
        local_options = _local_options(prefix, options, region) | _signed(credentials, region)
        replaced |= {f"{prefix}.{option}": value for option, value in local_options.items()}
    return replaced


def _signed(credentials: Credentials | None, region: str) -> dict[str, str]:
    """Headers that tell whose the requests are. The endpoint does not compute a signature again."""
    if credentials is None:
        return {}
    scope = f"{credentials.access_key_id}/20000101/{region}/glue/aws4_request"
    return {
        "header.Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "header.X-Amz-Security-Token": credentials.session_token,
    }


def training_catalogs(directory: Path) -> dict[str, str]:
    """Spark settings with which class_training.py uses Iceberg: a catalog of its own, and that of this endpoint."""
    return {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.in_memory": SPARK_CATALOG,
        "spark.sql.catalog.in_memory.catalog-impl": "org.apache.iceberg.inmemory.InMemoryCatalog",
        "spark.sql.catalog.in_memory.io-impl": HADOOP_FILE_IO,
        "spark.sql.catalog.in_memory.warehouse": (directory / "tables").as_uri(),
        **local_catalogs(
            {
                "spark.sql.catalog.glue_catalog": SPARK_CATALOG,
                "spark.sql.catalog.glue_catalog.catalog-impl": GLUE_CATALOG,
            },
            "us-east-1",
        ),
    }


def _local_options(prefix: str, options: dict[str, str], region: str) -> dict[str, str]:
    implementation = options.pop("catalog-impl", None) or options.pop("type", "hive")
    if implementation not in {GLUE_CATALOG, "glue"}:
        raise JobError(f"The local Glue does not support {prefix} as {implementation}: it supports {GLUE_CATALOG}.")
    unchanged = {
        "io-impl": S3_FILE_IO,
        "client.region": region,
        "glue.id": ACCOUNT_ID,
        "glue.skip-archive": "true",
        "glue.skip-name-validation": "false",
        "s3.sse.type": "none",
    }
    for option, value in options.items():
        if value != unchanged.get(option) and not PASSED_OPTIONS.fullmatch(option):
            raise JobError(f"The local Glue does not support {prefix}.{option}={value}.")
    passed = {name: value for name, value in options.items() if not name.startswith(("s3.", "glue.", "http-client."))}
    return {
        **passed,
        "type": "rest",
        "uri": f"{endpoint_settings().url}/glue_{region}/iceberg",
        f"header.{WAREHOUSE_HEADER}": options.get("warehouse", ""),
        "io-impl": HADOOP_FILE_IO,
        "rest-metrics-reporting-enabled": "false",
    }
