"""What requests of a role need, service by service, and how each service refuses."""

import json
from collections.abc import Callable

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.access.requests.parsing import needs_of
from tests.local_aws.access.conftest import ActingRole, allow

ACCOUNT = "123456789012"


def refused(call: Callable, **parameters: object) -> tuple[str, str]:
    """Code and message of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture(scope="module")
def bucket(aws: Callable) -> str:
    s3 = aws("s3")
    s3.create_bucket(Bucket="access-tests")
    for key in ("open/a.txt", "open/b.txt", "closed/c.txt"):
        s3.put_object(Bucket="access-tests", Key=key, Body=b"content")
    return "access-tests"


def test_object_is_read_where_the_policy_allows_it(make_role: Callable[..., ActingRole], bucket: str) -> None:
    role = make_role(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/open/*"))
    s3 = role.client("s3")
    assert s3.get_object(Bucket=bucket, Key="open/a.txt")["Body"].read() == b"content"
    assert refused(s3.get_object, Bucket=bucket, Key="closed/c.txt") == (
        "AccessDenied",
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/session is not authorized to perform: s3:GetObject on"
        f' resource: "arn:aws:s3:::{bucket}/closed/c.txt" because no identity-based policy allows the s3:GetObject'
        " action",
    )


def test_signature_of_version_2_is_the_roles_too(make_role: Callable[..., ActingRole], bucket: str) -> None:
    role = make_role()
    config = Config(signature_version="s3", s3={"addressing_style": "path"})
    s3 = role.open_session().client("s3", endpoint_url=role.endpoint.url, config=config)
    assert refused(s3.get_object, Bucket=bucket, Key="open/a.txt")[0] == "AccessDenied"


def test_change_of_a_policy_counts_at_once(make_role: Callable[..., ActingRole], bucket: str) -> None:
    role = make_role(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    s3 = role.client("s3")
    s3.head_object(Bucket=bucket, Key="open/a.txt")
    role.allow(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/closed/*"))
    assert refused(s3.head_object, Bucket=bucket, Key="open/a.txt")[0] == "403"


def test_bucket_policy_denies_what_the_role_allows(
    make_role: Callable[..., ActingRole], aws: Callable, bucket: str
) -> None:
    role, trusted = (make_role(allow("s3:*", "*")) for _ in range(2))
    only_trusted = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": [trusted.arn]}},
    }
    insecure = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [only_trusted, insecure]}))
    try:
        trusted.client("s3").get_object(Bucket=bucket, Key="open/a.txt")
        code, message = refused(role.client("s3").get_object, Bucket=bucket, Key="open/a.txt")
        assert code == "AccessDenied"
        assert message.endswith("with an explicit deny in a resource-based policy")
        assert refused(aws("s3").get_object, Bucket=bucket, Key="open/a.txt") == (
            "AccessDenied",
            f"User: arn:aws:iam::{ACCOUNT}:user/moto is not authorized to perform: s3:GetObject on resource:"
            f' "arn:aws:s3:::{bucket}/open/a.txt" with an explicit deny in a resource-based policy',
        )
        aws("s3").put_object(Bucket=bucket, Key="open/c.txt", Body=b"content")
        aws("s3").delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "open/c.txt"}]})
    finally:
        aws("s3").delete_bucket_policy(Bucket=bucket)


def test_policy_that_denies_everybody_everything_is_taken_away_all_the_same(aws: Callable, bucket: str) -> None:
    s3 = aws("s3")
    arns = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    nothing = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": arns}]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(nothing))
    try:
        assert refused(s3.list_objects_v2, Bucket=bucket)[0] == "AccessDenied"
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "open/a.txt"}]})
        assert [(error["Key"], error["Code"]) for error in answer["Errors"]] == [("open/a.txt", "AccessDenied")]
        assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == nothing
    finally:
        s3.delete_bucket_policy(Bucket=bucket)
    assert s3.get_object(Bucket=bucket, Key="open/a.txt")["Body"].read() == b"content"


def test_object_without_a_path_of_its_own_is_there_and_a_mere_folder_is_not(
    make_role: Callable[..., ActingRole], aws: Callable, bucket: str
) -> None:
    aws("s3").put_object(Bucket=bucket, Key="open/x/../y", Body=b"content")
    s3 = make_role(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/open*")).client("s3")
    assert s3.get_object(Bucket=bucket, Key="open/x/../y")["Body"].read() == b"content"
    assert refused(s3.get_object, Bucket=bucket, Key="open")[0] == "AccessDenied"


def test_each_deleted_key_is_asked_about(make_role: Callable[..., ActingRole], aws: Callable, bucket: str) -> None:
    aws("s3").put_object(Bucket=bucket, Key="open/old.txt")
    s3 = make_role(allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/open/*")).client("s3")
    keys = [{"Key": "open/old.txt"}, {"Key": "closed/c.txt"}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
    assert [one["Key"] for one in answer["Deleted"]] == ["open/old.txt"]
    assert [(one["Key"], one["Code"]) for one in answer["Errors"]] == [("closed/c.txt", "AccessDenied")]
    assert aws("s3").get_object(Bucket=bucket, Key="closed/c.txt")["Body"].read() == b"content"


def test_copy_needs_its_source(make_role: Callable[..., ActingRole], bucket: str) -> None:
    s3 = make_role(
        allow("s3:PutObject", f"arn:aws:s3:::{bucket}/copies/*"), allow("s3:GetObject", f"arn:aws:s3:::{bucket}/open/*")
    ).client("s3")
    s3.copy_object(Bucket=bucket, Key="copies/a.txt", CopySource=f"{bucket}/open/a.txt")
    code, message = refused(
        s3.copy_object, Bucket=bucket, Key="copies/c.txt", CopySource={"Bucket": bucket, "Key": "closed/c.txt"}
    )
    assert code == "AccessDenied"
    assert "s3:GetObject on resource" in message


def test_list_is_limited_by_its_prefix(make_role: Callable[..., ActingRole], bucket: str) -> None:
    s3 = make_role(
        allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition={"StringLike": {"s3:prefix": "open/*"}})
    ).client("s3")
    assert s3.list_objects_v2(Bucket=bucket, Prefix="open/")["KeyCount"] > 0
    assert refused(s3.list_objects_v2, Bucket=bucket)[0] == "AccessDenied"


def test_condition_that_is_not_known_is_refused_by_its_name(make_role: Callable[..., ActingRole], bucket: str) -> None:
    role = make_role(allow("s3:ListBucket", "*", Condition={"StringEquals": {"s3:ExistingObjectTag/colour": "blue"}}))
    code, message = refused(role.client("s3").list_objects_v2, Bucket=bucket)
    assert code == "NotImplemented"
    assert "s3:existingobjecttag/colour" in message


def test_table_of_the_catalog_needs_all_that_it_lies_in(make_role: Callable[..., ActingRole], aws: Callable) -> None:
    aws("glue").create_database(DatabaseInput={"Name": "access_db"})
    aws("glue").create_table(DatabaseName="access_db", TableInput={"Name": "trades"})
    glue = f"arn:aws:glue:us-east-1:{ACCOUNT}"
    table = f"{glue}:table/access_db/trades"
    incomplete = make_role(allow("glue:GetTable", [f"{glue}:catalog", table])).client("glue")
    code, message = refused(incomplete.get_table, DatabaseName="access_db", Name="trades")
    assert code == "AccessDeniedException"
    assert f"glue:GetTable on resource: {glue}:database/access_db because no identity-based policy" in message
    whole = make_role(allow("glue:GetTable", [f"{glue}:catalog", f"{glue}:database/access_db", table])).client("glue")
    assert whole.get_table(DatabaseName="access_db", Name="trades")["Table"]["Name"] == "trades"


def test_metrics_are_limited_by_their_namespace(make_role: Callable[..., ActingRole]) -> None:
    cloudwatch = make_role(
        allow("cloudwatch:PutMetricData", "*", Condition={"StringEquals": {"cloudwatch:namespace": "Mine"}})
    ).client("cloudwatch")
    data = [{"MetricName": "Rows", "Value": 1}]
    cloudwatch.put_metric_data(Namespace="Mine", MetricData=data)
    assert refused(cloudwatch.put_metric_data, Namespace="Yours", MetricData=data)[0] == "AccessDenied"


def test_role_is_passed_only_to_the_named_service(make_role: Callable[..., ActingRole]) -> None:
    passed = make_role()
    caller = make_role(
        allow("glue:CreateJob", "*"),
        allow("iam:PassRole", passed.arn, Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
    )
    code, message = refused(
        caller.client("glue").create_job,
        Name="access-job",
        Role=passed.arn,
        Command={"Name": "glueetl", "ScriptLocation": "s3://access-tests/job.py"},
    )
    assert code == "AccessDeniedException"
    assert f"iam:PassRole on resource: {passed.arn}" in message


def test_transaction_needs_the_permission_of_each_item(make_role: Callable[..., ActingRole], aws: Callable) -> None:
    for name in ("access-one", "access-two"):
        aws("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    dynamodb = make_role(allow(["dynamodb:PutItem"], f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/access-one")).client(
        "dynamodb"
    )

    def put(name: str) -> dict:
        return {"Put": {"TableName": name, "Item": {"id": {"S": "1"}}}}

    dynamodb.transact_write_items(TransactItems=[put("access-one")])
    code, message = refused(dynamodb.transact_write_items, TransactItems=[put("access-one"), put("access-two")])
    assert code == "AccessDeniedException"
    assert "dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:123456789012:table/access-two" in message


def test_secret_is_named_by_its_whole_arn(make_role: Callable[..., ActingRole], aws: Callable) -> None:
    arn = aws("secretsmanager").create_secret(Name="access/secret", SecretString="kept")["ARN"]
    prefix = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:access/secret-??????"
    client = make_role(allow("secretsmanager:GetSecretValue", prefix)).client("secretsmanager")
    assert client.get_secret_value(SecretId="access/secret")["ARN"] == arn
    assert refused(make_role().client("secretsmanager").get_secret_value, SecretId=arn)[0] == "AccessDeniedException"


def test_queue_lets_in_whom_its_policy_names(make_role: Callable[..., ActingRole], aws: Callable) -> None:
    role = make_role()
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="access-queue")["QueueUrl"]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": role.arn},
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:access-queue",
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [statement]})})
    client = role.client("sqs")
    client.send_message(QueueUrl=url, MessageBody="hello")
    assert refused(client.receive_message, QueueUrl=url)[0] == "AccessDenied"


def test_policies_of_queues_topics_and_secrets_deny_the_administrator_too(aws: Callable) -> None:
    sqs, sns, secrets = aws("sqs"), aws("sns"), aws("secretsmanager")
    url = sqs.create_queue(QueueName="denied")["QueueUrl"]
    topic = sns.create_topic(Name="denied")["TopicArn"]
    secret = secrets.create_secret(Name="denied", SecretString="s")["ARN"]

    def denying(action: str, resource: str) -> str:
        statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": denying("sqs:SendMessage", queue)})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=denying("sns:Publish", topic))
    secrets.put_resource_policy(SecretId=secret, ResourcePolicy=denying("secretsmanager:GetSecretValue", secret))
    denied = [
        refused(sqs.send_message, QueueUrl=url, MessageBody="a"),
        refused(sns.publish, TopicArn=topic, Message="a"),
        refused(secrets.get_secret_value, SecretId=secret),
    ]
    assert [code for code, _ in denied] == ["AccessDenied", "AuthorizationError", "AccessDeniedException"]
    assert {message.partition(" with ")[2] for _, message in denied} == {"an explicit deny in a resource-based policy"}
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert secrets.describe_secret(SecretId=secret)["Name"] == "denied"


def test_ciphertext_tells_the_key_that_decrypts_it(make_role: Callable[..., ActingRole], aws: Callable) -> None:
    kms = aws("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    ciphertext = kms.encrypt(KeyId=key, Plaintext=b"hidden")["CiphertextBlob"]
    role = make_role(allow("kms:Decrypt", key))
    assert role.client("kms").decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"hidden"
    assert refused(make_role().client("kms").decrypt, CiphertextBlob=ciphertext)[0] == "AccessDeniedException"


def test_operation_without_a_rule_is_refused_by_its_name(make_role: Callable[..., ActingRole]) -> None:
    role = make_role(allow("*", "*"))
    code, message = refused(role.client("cloudformation").create_stack, StackName="s", TemplateBody="{}")
    assert (code, "CreateStack of cloudformation" in message) == ("AccessDenied", True)


def test_policy_of_aws_is_attached_and_counts(make_role: Callable[..., ActingRole], aws: Callable) -> None:
    role = make_role()
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    aws("iam").attach_role_policy(RoleName=role.name, PolicyArn=arn)
    logs = role.client("logs")
    logs.create_log_group(logGroupName="access-group")
    assert refused(logs.delete_log_group, logGroupName="access-group")[0] == "AccessDeniedException"


def test_missing_object_is_told_of_only_to_those_who_list(make_role: Callable[..., ActingRole], bucket: str) -> None:
    reading = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    assert refused(make_role(reading).client("s3").get_object, Bucket=bucket, Key="open/none")[0] == "AccessDenied"
    listing = make_role(reading, allow("s3:ListBucket", f"arn:aws:s3:::{bucket}")).client("s3")
    assert refused(listing.get_object, Bucket=bucket, Key="open/none")[0] == "NoSuchKey"


@pytest.mark.parametrize(
    ("namespace", "actions"),
    [("sales", ["glue:GetTable"] * 3), ("sales%1Forders", [])],
    ids=["table", "metadata table"],
)
def test_a_metadata_table_of_iceberg_is_no_table_that_a_job_needs_a_right_to(namespace: str, actions: list) -> None:
    """Clients ask so whether there is one; GlueCatalog, for which this stands, knows by the name that there is not."""
    path = f"/glue_us-east-1/iceberg/v1/catalogs/123456789012/namespaces/{namespace}/tables/snapshots"
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "RAW_URI": path}
    assert [need.action for need in needs_of("glue", environ)] == actions
