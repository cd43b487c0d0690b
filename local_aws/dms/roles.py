"""The roles that DMS acts under: of a target, to write to its bucket, and of a source, to read its secret.

Source: AWS DMS user guide, "Prerequisites for using Amazon S3 as a target" and "Using secrets to access AWS Database
Migration Service endpoints", whose role trusts the service of the region.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from local_aws import access
from local_aws.access.objects import authorize_listing, authorize_object
from local_aws.dms.specification import S3Target

SESSION_NAME = "dms-session-for-replication-engine"
SERVICE = "dms.amazonaws.com"


@contextmanager
def acting_as_role(role_arn: str | None, service: str = SERVICE) -> Iterator[None]:
    """Raises AccessDeniedError of a role that does not trust the service. Without a role nobody is asked."""
    if not role_arn:
        yield
        return
    with access.acting_as(access.service_session(role_arn, service, SESSION_NAME)):
        yield


def authorize_target(target: S3Target, role_arn: str | None) -> None:
    """Whether the target's role may write and replace files in the target's folder; raises AccessDeniedError."""
    folder = f"s3://{target.bucket}/{target.folder}".rstrip("/")
    with acting_as_role(role_arn):
        authorize_listing(f"{folder}/")
        for action in ("s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging"):
            authorize_object(action, f"{folder}/*")


def authorize_secret(arn: str, role_arn: str | None, region_name: str) -> None:
    """Whether the role may read the secret; raises AccessDeniedError."""
    with acting_as_role(role_arn, f"dms.{region_name}.amazonaws.com"):
        for action in ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"):
            access.authorize(action, arn)
