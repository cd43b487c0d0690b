"""Buckets through boto3: names, configuration, CloudFormation, lifecycle."""

import json
import uuid

import pytest

from tests.local_aws.refusals import error_code


@pytest.fixture(scope="module")
def s3(aws):
    return aws("s3")


@pytest.fixture
def bucket(s3):
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


def test_bucket_is_a_folder(s3, bucket, aws_endpoint):
    folder = aws_endpoint.data_directory / "s3" / bucket
    assert folder.is_dir()
    assert bucket in [item["Name"] for item in s3.list_buckets()["Buckets"]]
    s3.delete_bucket(Bucket=bucket)
    assert not folder.exists()
    assert error_code(s3.head_bucket, Bucket=bucket) == "404"


def test_bucket_with_objects_is_not_deleted(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"x")
    assert error_code(s3.delete_bucket, Bucket=bucket) == "BucketNotEmpty"


@pytest.mark.parametrize("name", ["Upper", "a..b", "under_score", "-x-", "..."])
def test_invalid_bucket_name_is_refused(aws_endpoint, name):
    client = aws_endpoint.client("s3")
    client.meta.events.unregister("before-parameter-build.s3", None)
    from botocore import handlers

    client.meta.events.unregister("before-parameter-build.s3", handlers.validate_bucket_name)
    assert error_code(client.create_bucket, Bucket=name) == "InvalidBucketName"


def test_configuration_comes_back(s3, bucket):
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "data"}]})
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "team", "Value": "data"}]
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == [rule]


def test_lifecycle_of_archives_versions_and_uploads_comes_back(s3, bucket):
    rule = {
        "ID": "archive",
        "Status": "Enabled",
        "Filter": {"Prefix": "archive/"},
        "Transitions": [{"Days": 30, "StorageClass": "GLACIER_IR"}],
        "Expiration": {"Days": 400},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == [rule]


@pytest.mark.parametrize(
    "action",
    [
        {"NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 5}},
        {"Transitions": [{"Date": "2030-01-01", "StorageClass": "GLACIER_IR"}]},
        {"NoncurrentVersionTransitions": [{"NoncurrentDays": 90, "StorageClass": "GLACIER_IR"}]},
    ],
    ids=lambda action: next(iter(action)),
)
def test_lifecycle_action_without_an_effect_is_refused(s3, bucket, action):
    rule = {"Status": "Enabled", "Filter": {"Prefix": ""}} | action
    refused = error_code(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    assert refused == "NotImplemented"


def test_configuration_without_an_effect_is_refused(s3, bucket):
    rule = {
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}],
    }
    refused = error_code(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    assert refused == "NotImplemented"
    logging = {"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": ""}}
    refused = error_code(s3.put_bucket_logging, Bucket=bucket, BucketLoggingStatus=logging)
    assert refused in {"NotImplemented", "InvalidTargetBucketForLogging"}


def test_bucket_of_a_template_has_its_properties(aws, s3):
    name = f"template-{uuid.uuid4().hex[:12]}"
    template = {
        "Resources": {
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": {
                    "BucketName": name,
                    "BucketEncryption": {
                        "ServerSideEncryptionConfiguration": [
                            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                        ]
                    },
                    "VersioningConfiguration": {"Status": "Enabled"},
                    "LifecycleConfiguration": {
                        "Rules": [{"Id": "expire-results", "Status": "Enabled", "ExpirationInDays": 30}]
                    },
                    "PublicAccessBlockConfiguration": {
                        "BlockPublicAcls": True,
                        "BlockPublicPolicy": True,
                        "IgnorePublicAcls": True,
                        "RestrictPublicBuckets": False,
                    },
                },
            }
        },
        "Outputs": {"Name": {"Value": {"Ref": "Bucket"}}, "Arn": {"Value": {"Fn::GetAtt": ["Bucket", "Arn"]}}},
    }
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    assert {output["OutputKey"]: output["OutputValue"] for output in outputs} == {
        "Name": name,
        "Arn": f"arn:aws:s3:::{name}",
    }
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"][0]["Expiration"] == {"Days": 30}
    block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert block == template["Resources"]["Bucket"]["Properties"]["PublicAccessBlockConfiguration"]
    assert s3.put_object(Bucket=name, Key="k", Body=b"x")["ServerSideEncryption"] == "AES256"
