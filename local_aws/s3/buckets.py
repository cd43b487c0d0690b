"""Buckets: their folders, their configuration and their CloudFormation resource type."""

import re
import shutil
from dataclasses import replace
from typing import Any

from moto.cloudwatch.models import MetricDatum
from moto.core.common_models import CloudFormationModel
from moto.s3.cloud_formation import cfn_to_api_encryption
from moto.s3.exceptions import BucketAlreadyExists, BucketNotEmpty, InvalidBucketName
from moto.s3.models import FakeBucket, S3Backend, s3_backends
from moto.utilities.utils import get_partition
from typing_extensions import override

from local_aws import storage
from local_aws.s3 import multipart, store, versions
from local_aws.s3.attributes import Attributes
from local_aws.s3.catalog import catalog
from local_aws.s3.exceptions import AclsDisabledError, NotSupportedError, PublicPolicyBlockedError
from local_aws.s3.lifecycle_rules import api_rule, check_rules
from local_aws.s3.notification_settings import api_notification_configuration
from local_aws.s3.public_access import blocked_by_default, is_public
from local_aws.s3.support import OWNER_ENFORCED
from local_aws.s3.websites.configuration import WebsiteConfiguration, document_of
from local_aws.settings import endpoint_settings

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME = re.compile(
    r"(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)(?!xn--|sthree-|amzn-s3-demo-)"
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)"
)


# What every object is encrypted with since January 2023:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
DEFAULT_ENCRYPTION = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}}


class LocalBucket(FakeBucket, CloudFormationModel):
    """A bucket's configuration. Its objects are the files in its folder."""

    supported_properties = frozenset(
        {
            "BucketName",
            "BucketEncryption",
            "LifecycleConfiguration",
            "NotificationConfiguration",
            "PublicAccessBlockConfiguration",
            "Tags",
            "VersioningConfiguration",
            "WebsiteConfiguration",
        }
    )

    replaces: "LocalBucket | None" = None
    """As that of a StackResource."""

    @property
    def website_url(self) -> str:
        from local_aws.s3.public import PUBLIC_ADDRESS

        return PUBLIC_ADDRESS.url(self.name)

    def with_default_encryption(self, attributes: Attributes) -> Attributes:
        if attributes.encryption:
            return attributes
        default = (self.encryption or DEFAULT_ENCRYPTION)["Rule"]["ApplyServerSideEncryptionByDefault"]
        return replace(attributes, encryption=default["SSEAlgorithm"], kms_key_id=default.get("KMSMasterKeyID"))

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> "LocalBucket":
        backend = s3_backends[account_id][get_partition(region_name)]
        bucket = backend.create_bucket(resource_name, region_name)
        bucket.configure(cloudformation_json.get("Properties", {}))
        return bucket

    @classmethod
    @override
    def update_from_cloudformation_json(
        cls,
        original_resource: "LocalBucket",
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> "LocalBucket":
        properties = cloudformation_json.get("Properties", {})
        backend = s3_backends[account_id][get_partition(region_name)]
        if properties.get("BucketName", original_resource.name) != original_resource.name:
            bucket = backend.create_bucket(properties["BucketName"], region_name)
            bucket.replaces = original_resource
        else:
            bucket = backend.get_bucket(original_resource.name)
        bucket.configure(properties)
        return bucket

    @classmethod
    @override
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        if s3_backends[account_id][get_partition(region_name)].delete_bucket(resource_name) is None:
            raise BucketNotEmpty(resource_name)

    def configure(self, properties: dict[str, Any]) -> None:
        """Apply the properties of an AWS::S3::Bucket; those left out go back to their defaults."""
        backend = s3_backends[self.account_id][self.partition]
        encryption = properties.get("BucketEncryption")
        self.encryption = cfn_to_api_encryption(encryption) if encryption else None
        versioning = properties.get("VersioningConfiguration", {}).get("Status")
        if versioning or self.versioning_status:
            self.versioning_status = versioning or "Suspended"
        rules = properties.get("LifecycleConfiguration", {}).get("Rules", [])
        backend.put_bucket_lifecycle(self.name, [api_rule(rule) for rule in rules])
        backend.put_bucket_notification_configuration(
            self.name, api_notification_configuration(properties.get("NotificationConfiguration", {}))
        )
        self.public_access_block = blocked_by_default()
        if block := properties.get("PublicAccessBlockConfiguration"):
            backend.put_public_access_block(self.name, {name: str(value).lower() for name, value in block.items()})
        self.website_configuration = None
        if website := properties.get("WebsiteConfiguration"):
            backend.put_bucket_website(self.name, document_of(website))
        tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        backend.put_bucket_tagging(self.name, tags)


class BucketBackend(S3Backend):
    """Operations on buckets. Configuration that would have no effect here is refused."""

    @classmethod
    @override
    def get_cloudwatch_metrics(cls, account_id: str, region: str) -> list[MetricDatum]:
        """None: moto would count its own keys, which are not the objects."""
        return []

    def create_bucket(self, bucket_name: str, region_name: str, bucket_namespace: str | None = None) -> LocalBucket:
        if bucket_name in s3_backends.bucket_accounts:
            raise BucketAlreadyExists(bucket=bucket_name)
        if not BUCKET_NAME.fullmatch(bucket_name):
            raise InvalidBucketName
        bucket = LocalBucket(bucket_name, self.account_id, region_name, bucket_namespace)
        bucket.public_access_block = blocked_by_default()
        bucket.ownership_rule = OWNER_ENFORCED
        self.buckets[bucket_name] = bucket
        storage.bucket_directory(bucket_name).mkdir(parents=True, exist_ok=True)
        return bucket

    def delete_bucket(self, bucket_name: str) -> FakeBucket | None:
        """The bucket removed; None when it holds objects or versions."""
        self.get_bucket(bucket_name)
        if store.page(bucket_name, "", None, "", 1).objects or versions.has_versions(bucket_name):
            return None
        shutil.rmtree(storage.bucket_directory(bucket_name), ignore_errors=True)
        for directory in (endpoint_settings().versions_directory, endpoint_settings().hashed_directory):
            shutil.rmtree(directory / bucket_name, ignore_errors=True)
        multipart.discard_all(bucket_name)
        catalog().forget_bucket(bucket_name)
        s3_backends.bucket_accounts.pop(bucket_name, None)
        return self.buckets.pop(bucket_name)

    def resume_after_restart(self) -> None:
        for bucket in self.buckets.values():
            s3_backends.bucket_accounts[bucket.name] = (bucket.partition, bucket.account_id)
            storage.bucket_directory(bucket.name).mkdir(parents=True, exist_ok=True)

    def put_bucket_lifecycle(self, bucket_name: str, rules: list[dict[str, Any]]) -> None:
        check_rules(rules)
        super().put_bucket_lifecycle(bucket_name, rules)

    def put_bucket_acl(self, *_: Any, **__: Any) -> None:
        raise AclsDisabledError

    def get_bucket_encryption(self, bucket_name: str) -> dict[str, Any]:
        return self.get_bucket(bucket_name).encryption or DEFAULT_ENCRYPTION

    def put_bucket_ownership_controls(self, bucket_name: str, ownership: str) -> None:
        if ownership != OWNER_ENFORCED:
            raise NotSupportedError(f"access control lists, which the object ownership {ownership} enables")
        super().put_bucket_ownership_controls(bucket_name, ownership=ownership)

    def put_bucket_logging(self, *_: Any, **__: Any) -> None:
        raise NotSupportedError("server access logs")

    def put_bucket_replication(self, *_: Any, **__: Any) -> None:
        raise NotSupportedError("replication")

    def put_bucket_website(self, bucket_name: str, website_configuration: bytes) -> None:
        WebsiteConfiguration.parse(website_configuration)
        super().put_bucket_website(bucket_name, website_configuration)

    def put_bucket_policy(self, bucket_name: str, policy: bytes) -> None:
        block = self.get_bucket(bucket_name).public_access_block
        if is_public(policy) and block and block.block_public_policy:
            raise PublicPolicyBlockedError(bucket_name)
        super().put_bucket_policy(bucket_name, policy)

    def put_bucket_inventory_configuration(self, *_: Any, **__: Any) -> None:
        raise NotSupportedError("inventories")

    def put_bucket_accelerate_configuration(self, *_: Any, **__: Any) -> None:
        raise NotSupportedError("transfer acceleration")

    def put_object_lock_configuration(self, *_: Any, **__: Any) -> None:
        raise NotSupportedError("object lock")
