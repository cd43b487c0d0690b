"""Templates brought to S3, from where CloudFormation takes them.

In a request a template has at most 51,200 bytes, in a bucket 1 MB:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

import hashlib
from typing import Any

from botocore.exceptions import ClientError

from deployment.errors import DeploymentError

KEPT_DAYS = 30
WITHOUT_LOCATION = "us-east-1"


class TemplateStore:
    """The bucket for templates of an account and region, which is made when the first one comes.

    It is in no template, because all of them are read from it. CloudFormation keeps copies of what it has read.
    """

    def __init__(self, s3: Any, account_id: str) -> None:
        self.s3 = s3
        self.account_id = account_id
        self.bucket = f"lakehouse-templates-{account_id}-{s3.meta.region_name}"
        self._is_made = False

    def put(self, template: str) -> str:
        """The URL of a template, under a name that no other template has. Raises DeploymentError."""
        if not self._is_made:
            self._make_bucket()
            self._is_made = True
        content = template.encode()
        key = f"{hashlib.sha256(content).hexdigest()}.yaml"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, ExpectedBucketOwner=self.account_id)
        return f"{self.s3.meta.endpoint_url}/{self.bucket}/{key}"

    def _make_bucket(self) -> None:
        try:
            self.s3.head_bucket(Bucket=self.bucket, ExpectedBucketOwner=self.account_id)
        except ClientError as error:
            if error.response["Error"]["Code"] == "403":
                raise DeploymentError(
                    f"The bucket {self.bucket} is another account's, or you may not use it: ask for the right to."
                ) from None
            if error.response["Error"]["Code"] != "404":
                raise
            self._create_bucket()
        self._expire_templates()

    def _create_bucket(self) -> None:
        region = self.s3.meta.region_name
        location = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != WITHOUT_LOCATION else {}
        self.s3.create_bucket(Bucket=self.bucket, **location)

    def _expire_templates(self) -> None:
        """Also where the bucket is there: a deployment may have ended after it was made."""
        self.s3.put_bucket_lifecycle_configuration(
            Bucket=self.bucket,
            ExpectedBucketOwner=self.account_id,
            LifecycleConfiguration={
                "Rules": [
                    {
                        "ID": "expire-templates",
                        "Status": "Enabled",
                        "Filter": {"Prefix": ""},
                        "Expiration": {"Days": KEPT_DAYS},
                    }
                ]
            },
        )
