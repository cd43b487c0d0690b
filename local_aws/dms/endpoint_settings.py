"""Endpoints: which engines and settings are carried out, and the connection that an endpoint stands for.

Settings: https://docs.aws.amazon.com/dms/latest/APIReference/API_Endpoint.html
"""

import json
from collections.abc import Callable
from typing import Any

from moto.dms.models import Endpoint
from moto.secretsmanager.exceptions import SecretsManagerClientError
from moto.secretsmanager.models import secretsmanager_backends

from local_aws.access import AccessDeniedError
from local_aws.dms.roles import authorize_secret, authorize_target
from local_aws.dms.specification import Connection, MongoSource, PostgresSource, S3Target

POSTGRES_ENGINES = frozenset({"postgres", "aurora-postgresql"})
MONGO_ENGINES = frozenset({"mongodb", "docdb"})
SOURCE_ENGINES = POSTGRES_ENGINES | MONGO_ENGINES
TARGET_ENGINES = frozenset({"s3"})

SSL_MODES = ("none", "require")
ACCESS = frozenset(
    {"Username", "Password", "ServerName", "Port", "DatabaseName", "SecretsManagerSecretId"}
    | {"SecretsManagerAccessRoleArn", "KmsKeyId"}
)
# Settings of change capture, and values that ask for what a full load does anyway.
WITHOUT_EFFECT: dict[str, dict[str, Any]] = {
    "PostgreSQLSettings": {
        "CaptureDdls": None,
        "DdlArtifactsSchema": None,
        "HeartbeatEnable": None,
        "HeartbeatSchema": None,
        "HeartbeatFrequency": None,
        "SlotName": None,
        "PluginName": None,
        "MaxFileSize": None,
        "MapJsonbAsClob": None,
        "DisableUnicodeSourceFilter": None,
        "FailTasksOnLobTruncation": (False,),
        "MapLongVarcharAs": ("wstring",),
        "DatabaseMode": ("default",),
        "AuthenticationMethod": ("password",),
    },
    "MongoDbSettings": {
        "UseUpdateLookUp": None,
        "ReplicateShardCollections": None,
        "AuthType": ("password", "no"),
        "AuthMechanism": ("default",),
    },
    "DocDbSettings": {"UseUpdateLookUp": None, "ReplicateShardCollections": None},
    "S3Settings": {
        "ServiceAccessRoleArn": None,
        "EncryptionMode": ("sse-s3", "SSE_S3"),
        "ExpectedBucketOwner": None,
        "CannedAclForObjects": ("none",),
        "CdcInsertsOnly": None,
        "CdcInsertsAndUpdates": None,
        "CdcPath": None,
        "CdcMaxBatchInterval": None,
        "CdcMinFileSize": None,
        "PreserveTransactions": None,
        "UseCsvNoSupValue": None,
        "CsvNoSupValue": None,
        "DatePartitionEnabled": (False,),
        "AddTrailingPaddingCharacter": (False,),
        "GlueCatalogGeneration": (False,),
        "Rfc4180": (True,),
        "CsvNullValue": ("",),
        "CsvRowDelimiter": ("\n", "\\n"),
        "IgnoreHeaderRows": (0,),
    },
}
CARRIED_OUT: dict[str, frozenset[str]] = {
    "PostgreSQLSettings": ACCESS | {"MapBooleanAsBoolean", "TrimSpaceInChar", "ExecuteTimeout"},
    "MongoDbSettings": ACCESS | {"NestingLevel", "ExtractDocId", "DocsToInvestigate", "AuthSource"},
    "DocDbSettings": ACCESS | {"NestingLevel", "ExtractDocId", "DocsToInvestigate"},
    "S3Settings": frozenset(
        {"BucketName", "BucketFolder", "DataFormat", "CompressionType", "ParquetVersion", "EncodingType"}
        | {"EnableStatistics", "DataPageSize", "DictPageSizeLimit", "RowGroupLength", "TimestampColumnName"}
        | {"ParquetTimestampInMillisecond", "UseTaskStartTimeForFullLoadTimestamp", "IncludeOpForFullLoad"}
        | {"AddColumnName", "CsvDelimiter", "MaxFileSize"}
    ),
}
SETTINGS_OF_ENGINE = {
    **dict.fromkeys(POSTGRES_ENGINES, "PostgreSQLSettings"),
    "mongodb": "MongoDbSettings",
    "docdb": "DocDbSettings",
    "s3": "S3Settings",
}
CHOICES = {
    "DataFormat": ("csv", "parquet"),
    "ParquetVersion": ("parquet-1-0", "parquet-2-0"),
    "EncodingType": ("plain", "plain-dictionary", "rle-dictionary"),
    "CompressionType": ("none", "gzip"),
    "NestingLevel": ("none", "one"),
}


class EndpointError(ValueError):
    """An endpoint asks for what the engine does not do, or its connection cannot be worked out."""


def check_endpoint(endpoint: Endpoint) -> None:
    """Raises EndpointError naming an engine, setting or value that is not carried out."""
    supported = SOURCE_ENGINES if endpoint.endpoint_type == "source" else TARGET_ENGINES
    if endpoint.engine_name not in supported:
        raise EndpointError(
            f"Engine {endpoint.engine_name} as a {endpoint.endpoint_type} is not supported by the local endpoint:"
            f" use one of {', '.join(sorted(supported))}"
        )
    if endpoint.extra_connection_attributes:
        raise EndpointError(
            "ExtraConnectionAttributes are not supported by the local endpoint: use the settings of the engine"
        )
    if (endpoint.ssl_mode or "none") not in SSL_MODES:
        raise EndpointError(f"SslMode {endpoint.ssl_mode} is not supported by the local endpoint")
    section = SETTINGS_OF_ENGINE[endpoint.engine_name]
    for name, value in engine_settings(endpoint).items():
        _check_setting(section, name, value)
    if endpoint.engine_name == "s3" and not engine_settings(endpoint).get("BucketName"):
        raise EndpointError("S3Settings.BucketName is required")


def _check_setting(section: str, name: str, value: Any) -> None:
    if name in CHOICES and str(value).lower().replace("_", "-") not in CHOICES[name]:
        raise EndpointError(f"{section}.{name} must be one of {', '.join(CHOICES[name])}, not {value}")
    if name in CARRIED_OUT[section]:
        return
    if name not in WITHOUT_EFFECT[section]:
        raise EndpointError(f"{section}.{name} is not supported by the local endpoint")
    accepted = WITHOUT_EFFECT[section][name]
    if accepted is not None and value not in accepted:
        raise EndpointError(f"{section}.{name} = {json.dumps(value)} is not supported by the local endpoint")


def engine_settings(endpoint: Endpoint) -> dict[str, Any]:
    """The settings object that belongs to the endpoint's engine."""
    return {
        "PostgreSQLSettings": endpoint.postgre_sql_settings,
        "MongoDbSettings": endpoint.mongo_db_settings,
        "DocDbSettings": endpoint.doc_db_settings,
        "S3Settings": endpoint.s3_settings,
    }[SETTINGS_OF_ENGINE[endpoint.engine_name]] or {}


def _secret(secret_id: str, role_arn: str | None, account_id: str, region_name: str) -> dict[str, Any]:
    """A secret in the format of RDS. Errors name the secret, never its content."""
    try:
        secret = secretsmanager_backends[account_id][region_name].get_secret_value(
            secret_id=secret_id, version_id="", version_stage=""
        )
        authorize_secret(secret["ARN"], role_arn, region_name)
        values = json.loads(secret["SecretString"])
    except (SecretsManagerClientError, AccessDeniedError) as error:
        raise EndpointError(f"The secret {secret_id} cannot be read: {error.message}") from error
    except (ValueError, KeyError):
        raise EndpointError(f"The secret {secret_id} is not JSON with host, port, username and password") from None
    if not isinstance(values, dict) or not values.get("host"):
        raise EndpointError(f"The secret {secret_id} has no host")
    return values


def resolve_connection(endpoint: Endpoint, account_id: str, region_name: str) -> Connection:
    """Server, database and credentials of a source endpoint, from its secret when it names one."""
    settings = engine_settings(endpoint)
    database = endpoint.database_name or settings.get("DatabaseName")
    default_port = 5432 if endpoint.engine_name in POSTGRES_ENGINES else 27017
    if settings.get("SecretsManagerSecretId"):
        role = settings.get("SecretsManagerAccessRoleArn")
        secret = _secret(settings["SecretsManagerSecretId"], role, account_id, region_name)
        host, port = secret["host"], secret.get("port")
        username, password = secret.get("username"), secret.get("password")
        database = database or secret.get("dbname")
    else:
        host = endpoint.server_name or settings.get("ServerName")
        port = endpoint.port or settings.get("Port")
        username = endpoint.username or settings.get("Username")
        password = endpoint.password or settings.get("Password")
    if not host or not database:
        raise EndpointError(
            f"Endpoint {endpoint.endpoint_identifier} needs a server and a database:"
            " name them in the endpoint, in its engine settings or in its secret"
        )
    return Connection(
        host=host,
        port=int(port or default_port),
        database=database,
        username=username or None,
        password=password or None,
        ssl_mode=endpoint.ssl_mode or "none",
    )


def _is_true(value: Any) -> bool:
    return str(value).lower() in {"true", "y", "1"}


Converters = dict[str, tuple[str, Callable[[Any], Any]]]

SOURCE_OPTIONS: Converters = {
    "MapBooleanAsBoolean": ("map_boolean_as_boolean", _is_true),
    "TrimSpaceInChar": ("trim_space_in_char", _is_true),
    "ExecuteTimeout": ("execute_timeout_seconds", int),
    "NestingLevel": ("nesting_level", str.lower),
    "ExtractDocId": ("extract_doc_id", _is_true),
    "DocsToInvestigate": ("docs_to_investigate", int),
    "AuthSource": ("auth_source", str),
}
TARGET_OPTIONS: Converters = {
    "BucketName": ("bucket", str),
    "BucketFolder": ("folder", lambda folder: folder.strip("/")),
    "DataFormat": ("data_format", str.lower),
    "CompressionType": ("compression_type", str.lower),
    "ParquetVersion": ("parquet_version", lambda version: version.lower().replace("_", "-")),
    "EncodingType": ("encoding_type", lambda encoding: encoding.lower().replace("_", "-")),
    "EnableStatistics": ("enable_statistics", _is_true),
    "DataPageSize": ("data_page_size", int),
    "DictPageSizeLimit": ("dict_page_size_limit", int),
    "RowGroupLength": ("row_group_length", int),
    "ParquetTimestampInMillisecond": ("parquet_timestamp_in_millisecond", _is_true),
    "TimestampColumnName": ("timestamp_column_name", str),
    "UseTaskStartTimeForFullLoadTimestamp": ("use_task_start_time", _is_true),
    "IncludeOpForFullLoad": ("include_op", _is_true),
    "AddColumnName": ("add_column_name", _is_true),
    "CsvDelimiter": ("csv_delimiter", str),
    "MaxFileSize": ("max_file_size", int),
}


def _options(settings: dict[str, Any], converters: Converters) -> dict[str, Any]:
    return {
        name: convert(settings[setting])
        for setting, (name, convert) in converters.items()
        if settings.get(setting) is not None
    }


def source_of(endpoint: Endpoint, account_id: str, region_name: str) -> PostgresSource | MongoSource:
    source_class = PostgresSource if endpoint.engine_name in POSTGRES_ENGINES else MongoSource
    return source_class(
        connection=resolve_connection(endpoint, account_id, region_name),
        **_options(engine_settings(endpoint), SOURCE_OPTIONS),
    )


def target_of(endpoint: Endpoint) -> S3Target:
    """Raises EndpointError where the endpoint's role may not write there."""
    settings = engine_settings(endpoint)
    target = S3Target(**_options(settings, TARGET_OPTIONS))
    try:
        authorize_target(target, settings.get("ServiceAccessRoleArn"))
    except AccessDeniedError as error:
        raise EndpointError(f"The bucket {target.bucket} cannot be written to: {error.message}") from error
    return target
