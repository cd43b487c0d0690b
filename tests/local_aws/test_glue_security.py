"""Security configurations: kept, given to jobs and crawlers, and refused where they need keys."""

import json
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

SSE_S3 = {"S3Encryption": [{"S3EncryptionMode": "SSE-S3"}]}
KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
JOB = {"Role": "r", "Command": {"Name": "pythonshell", "ScriptLocation": "s3://nowhere/script.py"}}
CRAWLER = {"Role": "r", "DatabaseName": "d", "Targets": {"S3Targets": [{"Path": "s3://nowhere/"}]}}


@pytest.fixture
def glue(aws):
    return aws("glue")


@pytest.fixture
def name():
    return f"security-{uuid4().hex[:8]}"


def test_configuration_is_kept_until_it_is_deleted(glue, name):
    glue.create_security_configuration(Name=name, EncryptionConfiguration=SSE_S3)
    kept = glue.get_security_configuration(Name=name)["SecurityConfiguration"]
    assert kept["EncryptionConfiguration"] == SSE_S3
    glue.delete_security_configuration(Name=name)
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_security_configuration(Name=name)


@pytest.mark.parametrize(
    "encryption",
    [
        {"S3Encryption": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": KMS_KEY}]},
        {"CloudWatchEncryption": {"CloudWatchEncryptionMode": "SSE-KMS", "KmsKeyArn": KMS_KEY}},
        {"JobBookmarksEncryption": {"JobBookmarksEncryptionMode": "CSE-KMS", "KmsKeyArn": KMS_KEY}},
    ],
    ids=lambda encryption: next(iter(encryption)),
)
def test_encryption_with_a_key_is_refused_by_name(glue, name, encryption):
    with pytest.raises(ClientError, match=r"does not support the \w+EncryptionMode [CS]SE-KMS"):
        glue.create_security_configuration(Name=name, EncryptionConfiguration=encryption)


def test_jobs_and_crawlers_take_a_configuration_that_exists(glue, name):
    with pytest.raises(glue.exceptions.EntityNotFoundException, match=name):
        glue.create_job(Name=name, SecurityConfiguration=name, **JOB)
    with pytest.raises(glue.exceptions.EntityNotFoundException, match=name):
        glue.create_crawler(Name=name, CrawlerSecurityConfiguration=name, **CRAWLER)
    glue.create_security_configuration(Name=name, EncryptionConfiguration=SSE_S3)
    glue.create_job(Name=name, SecurityConfiguration=name, **JOB)
    glue.create_crawler(Name=name, CrawlerSecurityConfiguration=name, **CRAWLER)
    run_id = glue.start_job_run(JobName=name)["JobRunId"]
    assert glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]["SecurityConfiguration"] == name
    assert glue.get_crawler(Name=name)["Crawler"]["CrawlerSecurityConfiguration"] == name


def test_a_run_does_not_start_without_the_configuration_of_its_job(glue, name):
    glue.create_security_configuration(Name=name, EncryptionConfiguration=SSE_S3)
    glue.create_job(Name=name, SecurityConfiguration=name, **JOB)
    glue.delete_security_configuration(Name=name)
    with pytest.raises(glue.exceptions.EntityNotFoundException, match=name):
        glue.start_job_run(JobName=name)


def test_a_stack_creates_changes_and_deletes_a_configuration(aws, glue, name):
    cloudformation = aws("cloudformation")
    for action, mode in (("create", "DISABLED"), ("update", "SSE-S3")):
        encryption = {"S3Encryptions": [{"S3EncryptionMode": mode}]}
        properties = {"Name": name, "EncryptionConfiguration": encryption}
        resource = {"Type": "AWS::Glue::SecurityConfiguration", "Properties": properties}
        template = {"Resources": {"Security": resource}}
        getattr(cloudformation, f"{action}_stack")(StackName=name, TemplateBody=json.dumps(template))
        kept = glue.get_security_configuration(Name=name)["SecurityConfiguration"]["EncryptionConfiguration"]
        assert kept == {"S3Encryption": [{"S3EncryptionMode": mode}]}
    cloudformation.delete_stack(StackName=name)
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_security_configuration(Name=name)
