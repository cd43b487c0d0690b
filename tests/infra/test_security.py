"""Data is encrypted where it lies and on its way, closed to the public, and costs can be told apart."""

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

REGION = "us-east-1"
# The local website: plain HTTP and public, as websites of S3 are. An account has CloudFront in its place by default.
WEBSITE = "WebsiteBucket"


def test_buckets_are_closed_to_the_public(resources_of) -> None:
    for bucket in resources_of("AWS::S3::Bucket"):
        if bucket.name == WEBSITE:
            continue
        block = bucket.properties["PublicAccessBlockConfiguration"]
        assert block == dict.fromkeys(
            ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
        ), bucket.name


def test_buckets_are_encrypted(resources_of) -> None:
    unencrypted = [
        bucket.name for bucket in resources_of("AWS::S3::Bucket") if "BucketEncryption" not in bucket.properties
    ]
    assert unencrypted == []


def test_buckets_take_tls_only(resources_of) -> None:
    buckets = {bucket.name for bucket in resources_of("AWS::S3::Bucket")}
    refusing = {
        policy.properties["Bucket"]["Ref"]
        for policy in resources_of("AWS::S3::BucketPolicy")
        if any(refuses_plain_http(statement) for statement in policy.properties["PolicyDocument"]["Statement"])
    }
    assert buckets - refusing == {WEBSITE}


def test_the_site_is_a_public_website_only_where_it_is_asked_for(resources, templates_parameters) -> None:
    assert templates_parameters("dashboard")["DashboardCloudFrontEnabled"]["Default"] == "true"
    (website,) = [resource for resource in resources if resource.name == WEBSITE]
    assert website.definition["Condition"] == "HasWebsite"


def refuses_plain_http(statement: dict) -> bool:
    """Everything is denied to everybody on the bucket and its objects without TLS."""
    return (
        (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
        and len(statement["Resource"]) == 2
        and str(statement["Condition"]["Bool"]["aws:SecureTransport"]).lower() == "false"
    )


def test_glue_writes_encrypted_objects(resources_of) -> None:
    (configuration,) = resources_of("AWS::Glue::SecurityConfiguration")
    assert configuration.properties["EncryptionConfiguration"]["S3Encryptions"] == [{"S3EncryptionMode": "SSE-S3"}]
    used = [job.properties.get("SecurityConfiguration") for job in resources_of("AWS::Glue::Job")]
    used += [crawler.properties.get("CrawlerSecurityConfiguration") for crawler in resources_of("AWS::Glue::Crawler")]
    assert all(name == {"Ref": configuration.name} for name in used)


def test_airflow_reads_from_a_bucket_with_versions(resources_of) -> None:
    (bucket,) = [bucket for bucket in resources_of("AWS::S3::Bucket") if bucket.name == "AirflowSourceBucket"]
    assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}


def test_databases_are_private_encrypted_and_take_tls_only(resources_of) -> None:
    (postgres,) = resources_of("AWS::RDS::DBInstance")
    (document_db,) = resources_of("AWS::DocDB::DBCluster")
    assert postgres.properties["PubliclyAccessible"] is False
    assert postgres.properties["StorageEncrypted"] is document_db.properties["StorageEncrypted"] is True
    (postgres_parameters,) = resources_of("AWS::RDS::DBParameterGroup")
    (document_db_parameters,) = resources_of("AWS::DocDB::DBClusterParameterGroup")
    assert postgres_parameters.properties["Parameters"]["rds.force_ssl"] == "1"
    assert document_db_parameters.properties["Parameters"]["tls"] == "enabled"


def test_passwords_are_generated_and_rotated(resources_of) -> None:
    databases = [*resources_of("AWS::RDS::DBInstance"), *resources_of("AWS::DocDB::DBCluster")]
    rotated = {
        rotation.properties["SecretId"]["Ref"] for rotation in resources_of("AWS::SecretsManager::RotationSchedule")
    }
    for database in databases:
        password = database.properties["MasterUserPassword"]["Fn::Sub"]
        assert any(
            password == f"{{{{resolve:secretsmanager:${{{secret}}}:SecretString:password}}}}" for secret in rotated
        )


def test_no_security_group_is_open_to_the_internet(resources) -> None:
    rules = [rule for resource in resources for rule in resource.properties.get("SecurityGroupIngress", [])]
    rules += [resource.properties for resource in resources if resource.type == "AWS::EC2::SecurityGroupIngress"]
    assert len(rules) > 3
    assert [rule for rule in rules if rule.get("CidrIp") == "0.0.0.0/0"] == []


def test_tags_of_the_stack_reach_every_resource_that_takes_tags(resources) -> None:
    """The deploy command tags the stacks; CloudFormation hands the tags on to the types that say so."""
    types = sorted({resource.type for resource in resources})
    schemas = {name: PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, name).schema for name in types}
    taking = {name for name, schema in schemas.items() if "Tags" in schema["properties"]}
    refusing = {name for name in taking if not schemas[name].get("tagging", {}).get("taggable", True)}
    assert len(taking) > 20
    assert refusing == set()


def test_logs_do_not_grow_forever(resources_of) -> None:
    groups = resources_of("AWS::Logs::LogGroup")
    assert all("RetentionInDays" in group.properties for group in groups)
