"""What a worker finds in its environment: Lambda's variables and the function's own, nothing of this process's."""

import os
import sys
from pathlib import Path

from local_aws import access
from local_aws.awslambda.functions import Version
from local_aws.awslambda.roles import SERVICE
from local_aws.settings import endpoint_settings

# Of this process's environment: without them a Python may not start, or not find certificates.
PASSED_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "SSL_CERT_FILE")
CREDENTIALS_SECONDS = 12 * 3600


def worker_environment(version: Version, log_stream: str, temporary_directory: str) -> dict[str, str]:
    """The defined runtime environment variables of the developer guide, with credentials of the function's role."""
    credentials = access.service_credentials(
        version.role, SERVICE, version.function_name, version.arn, seconds=CREDENTIALS_SECONDS
    )
    passed = {name: os.environ[name] for name in PASSED_VARIABLES if name in os.environ}
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return {
        **passed,
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "TMPDIR": temporary_directory,
        "AWS_ENDPOINT_URL": endpoint_settings().url,
        **version.environment,
        "_HANDLER": version.handler,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "AWS_REGION": version.region_name,
        "AWS_DEFAULT_REGION": version.region_name,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{python}",
        "AWS_LAMBDA_FUNCTION_NAME": version.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": version.number,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(version.memory_size),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": version.log_group_name,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "LAMBDA_TASK_ROOT": str(version.code.directory),
        "LAMBDA_RUNTIME_DIR": str(Path(__file__).parent),
    }
