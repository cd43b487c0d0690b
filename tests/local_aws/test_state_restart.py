"""What the endpoint has acknowledged is there after kill -9."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from botocore.exceptions import BotoCoreError, ClientError

from tests.local_aws.changed_catalog import catalog_of, change_catalog, table_input
from tests.roles import make_role

BUCKET = "kept-bucket"
MESSAGES = 50
LOG_STREAM = {"logGroupName": "group", "logStreamName": "stream"}
TEMPLATE = {
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alerts"}}},
    "Outputs": {"TopicArn": {"Value": {"Ref": "Topic"}}},
}


class Restarted:
    """Clients of an endpoint that was killed after it had acknowledged one of everything."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        for service in (
            "apigatewayv2",
            "athena",
            "secretsmanager",
            "glue",
            "iam",
            "kms",
            "logs",
            "sqs",
            "sns",
            "ssm",
            "cloudformation",
            "s3",
        ):
            setattr(self, service, endpoint.client(service))
        self.secretsmanager.create_secret(Name="lakehouse/rds", SecretString="{}")
        key = self.kms.create_key()["KeyMetadata"]["KeyId"]
        self.ciphertext = self.kms.encrypt(KeyId=key, Plaintext=b"hidden")["CiphertextBlob"]
        self.ssm.put_parameter(Name="/stage", Value="dev", Type="String", Tags=[{"Key": "k", "Value": "v"}])
        self.glue.create_database(DatabaseInput={"Name": "db"})
        self.glue.create_table(DatabaseName="db", TableInput={"Name": "t", "Parameters": {"snapshot": "1"}})
        self.cloudformation.create_stack(StackName="stack", TemplateBody=json.dumps(TEMPLATE))
        self.queue = self.sqs.create_queue(QueueName="q")["QueueUrl"]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self.send, range(MESSAGES)))
        self.handles = self.receive_and_delete()
        self.put_objects()
        self.api = self.serve_api()
        self.evaluate_quality()
        change_catalog(self.glue)
        self.catalog = catalog_of(self.glue)
        self.query_id = self.query()
        self.logs.create_log_group(logGroupName="group")
        self.logs.create_log_stream(**LOG_STREAM)
        self.log("before")
        endpoint.kill()
        self.leftover = endpoint.data_directory / "staging" / "content" / "half"
        self.leftover.write_bytes(b"half")
        endpoint.start()

    def evaluate_quality(self):
        """One run that has ended, and one that goes on until the endpoint is killed."""
        make_role(self.iam, "quality")
        self.s3.put_object(Bucket=BUCKET, Key="numbers/a.csv", Body="\n".join(map(str, range(3000))))
        descriptor = {"Columns": [{"Name": "n", "Type": "bigint"}], "Location": f"s3://{BUCKET}/numbers/"}
        table = {"Name": "numbers", "StorageDescriptor": descriptor, "Parameters": {"classification": "csv"}}
        self.glue.create_table(DatabaseName="db", TableInput=table)
        endless = 'CustomSql "select sum(a.n * b.n * c.n % 7) from primary a, primary b, primary c, primary d" = 1'
        self.quality_runs = []
        for name, rule in (("quick", "RowCount = 3000"), ("endless", endless)):
            self.glue.create_data_quality_ruleset(Name=name, Ruleset=f"Rules = [{rule}]")
            source = {"GlueTable": {"DatabaseName": "db", "TableName": "numbers"}}
            run = self.glue.start_data_quality_ruleset_evaluation_run(
                DataSource=source, Role="quality", RulesetNames=[name]
            )
            self.quality_runs.append(run["RunId"])
        while self.quality_run(0)["Status"] != "SUCCEEDED" or self.quality_run(1)["Status"] != "RUNNING":
            time.sleep(0.05)

    def quality_run(self, number):
        return self.glue.get_data_quality_ruleset_evaluation_run(RunId=self.quality_runs[number])

    def query(self):
        """Ask with one token always: it is one query."""
        request = {"QueryString": "SELECT 1", "ClientRequestToken": "t" * 32}
        location = {"OutputLocation": f"s3://{BUCKET}/"}
        return self.athena.start_query_execution(**request, ResultConfiguration=location)["QueryExecutionId"]

    def log(self, message):
        events = [{"timestamp": int(time.time() * 1000), "message": message}]
        self.logs.put_log_events(**LOG_STREAM, logEvents=events)

    def send(self, number):
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=str(number))

    def receive_and_delete(self):
        """Of a queue with dead letters, the handles of a deleted message, and of one that may be received once more."""
        self.sqs.create_queue(QueueName="dead")
        policy = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": 2}
        attributes = {"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": "0"}
        self.retried = self.sqs.create_queue(QueueName="retried", Attributes=attributes)["QueueUrl"]
        handles = []
        for body in ("deleted", "kept"):
            self.sqs.send_message(QueueUrl=self.retried, MessageBody=body)
            (message,) = self.sqs.receive_message(QueueUrl=self.retried)["Messages"]
            handles.append(message["ReceiptHandle"])
            if body == "deleted":
                self.sqs.delete_message(QueueUrl=self.retried, ReceiptHandle=handles[0])
        return handles

    def put_objects(self):
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for number in ("1", "2"):
            self.s3.put_object(Bucket=BUCKET, Key="k", Body=number.encode(), Metadata={"number": number})
        self.upload = {"Bucket": BUCKET, "Key": "joined"}
        self.upload["UploadId"] = self.s3.create_multipart_upload(**self.upload)["UploadId"]
        self.part = self.s3.upload_part(**self.upload, PartNumber=1, Body=b"part")["ETag"]
        self.s3.put_bucket_website(Bucket=BUCKET, WebsiteConfiguration={"IndexDocument": {"Suffix": "k"}})

    def serve_api(self):
        """A stage whose deployment has the first of two routes."""
        api = self.apigatewayv2.create_api(Name="kept", ProtocolType="HTTP")
        self.apigatewayv2.create_route(ApiId=api["ApiId"], RouteKey="GET /a")
        deployed = self.apigatewayv2.create_deployment(ApiId=api["ApiId"])["DeploymentId"]
        self.apigatewayv2.create_stage(ApiId=api["ApiId"], StageName="prod", DeploymentId=deployed)
        self.apigatewayv2.create_route(ApiId=api["ApiId"], RouteKey="GET /b")
        return api


@pytest.fixture(scope="module")
def restarted(start_endpoint, tmp_path_factory):
    with start_endpoint(tmp_path_factory.mktemp("restarted")) as endpoint:
        yield Restarted(endpoint)


def test_secret_survives(restarted):
    assert restarted.secretsmanager.get_secret_value(SecretId="lakehouse/rds")["SecretString"] == "{}"


def test_key_survives_and_decrypts_what_it_encrypted(restarted):
    assert restarted.kms.decrypt(CiphertextBlob=restarted.ciphertext)["Plaintext"] == b"hidden"


def test_parameter_survives_with_its_tags(restarted):
    assert restarted.ssm.get_parameter(Name="/stage")["Parameter"]["Value"] == "dev"
    tags = restarted.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/stage")["TagList"]
    assert tags == [{"Key": "k", "Value": "v"}]


def test_table_survives(restarted):
    assert restarted.glue.get_table(DatabaseName="db", Name="t")["Table"]["Parameters"] == {"snapshot": "1"}


def test_catalog_is_what_readers_saw(restarted):
    assert catalog_of(restarted.glue) == restarted.catalog
    partitions = restarted.catalog["kept"]["partitions"]["prices"]
    assert [partition["Values"] for partition in partitions] == [["2025"], ["2023"], ["2027"]]


def test_data_quality_survives_and_an_evaluation_that_was_under_way_has_failed(restarted):
    assert restarted.glue.get_data_quality_ruleset(Name="quick")["Ruleset"] == "Rules = [RowCount = 3000]"
    [result_id] = restarted.quality_run(0)["ResultIds"]
    [found] = restarted.glue.get_data_quality_result(ResultId=result_id)["RuleResults"]
    assert (found["Result"], found["EvaluatedMetrics"]) == ("PASS", {"Dataset.*.RowCount": 3000.0})
    interrupted = restarted.quality_run(1)
    assert (interrupted["Status"], "ResultIds" in interrupted) == ("FAILED", False)
    assert "restarted" in interrupted["ErrorString"]


def test_query_is_known_by_its_token(restarted):
    assert restarted.query() == restarted.query_id


def test_log_stream_goes_on(restarted):
    restarted.log("after")
    events = restarted.logs.filter_log_events(logGroupName="group")["events"]
    assert [event["message"] for event in events] == ["before", "after"]


def test_every_message_of_many_clients_survives(restarted):
    received = []
    while messages := restarted.sqs.receive_message(QueueUrl=restarted.queue, MaxNumberOfMessages=10).get("Messages"):
        received += [int(message["Body"]) for message in messages]
    assert sorted(received) == list(range(MESSAGES))


def test_messages_survive_with_what_was_received_and_deleted(restarted):
    sqs, queue = restarted.sqs, restarted.retried
    deleted, kept = restarted.handles
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=deleted)
    attributes = {"MessageSystemAttributeNames": ["ApproximateReceiveCount"]}
    (message,) = sqs.receive_message(QueueUrl=queue, **attributes)["Messages"]
    assert (message["Body"], message["Attributes"]["ApproximateReceiveCount"]) == ("kept", "2")
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    dead = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    assert [one["Body"] for one in sqs.receive_message(QueueUrl=dead)["Messages"]] == ["kept"]
    with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=kept)


def test_object_survives_with_its_versions_and_metadata(restarted):
    answer = restarted.s3.get_object(Bucket=BUCKET, Key="k")
    assert (answer["Body"].read(), answer["Metadata"]) == (b"2", {"number": "2"})
    assert len(restarted.s3.list_object_versions(Bucket=BUCKET, Prefix="k")["Versions"]) == 2


def test_bucket_keeps_its_configuration(restarted):
    assert restarted.s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert restarted.s3.get_bucket_website(Bucket=BUCKET)["IndexDocument"] == {"Suffix": "k"}


def test_api_serves_what_was_deployed(restarted):
    address = f"{restarted.api['ApiEndpoint']}/prod"
    # A route without an integration is found, and answers that something is wrong.
    assert [requests.get(address + path, timeout=10).status_code for path in ("/a", "/b")] == [500, 404]
    restarted.apigatewayv2.create_deployment(ApiId=restarted.api["ApiId"], StageName="prod")
    assert requests.get(f"{address}/b", timeout=10).status_code == 500
    assert restarted.apigatewayv2.get_api(ApiId=restarted.api["ApiId"])["CreatedDate"] == restarted.api["CreatedDate"]


def test_multipart_upload_goes_on(restarted):
    parts = {"Parts": [{"PartNumber": 1, "ETag": restarted.part}]}
    restarted.s3.complete_multipart_upload(**restarted.upload, MultipartUpload=parts)
    assert restarted.s3.get_object(Bucket=BUCKET, Key="joined")["Body"].read() == b"part"


def test_content_of_a_request_that_was_cut_off_is_removed(restarted):
    assert not restarted.leftover.exists()


def test_stack_survives_and_can_be_deleted(restarted):
    stack = restarted.cloudformation.describe_stacks(StackName="stack")["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    topic = restarted.sns.list_topics()["Topics"][0]["TopicArn"]
    assert stack["Outputs"][0]["OutputValue"] == topic
    restarted.cloudformation.delete_stack(StackName="stack")
    assert restarted.sns.list_topics()["Topics"] == []


def written_state(endpoint):
    files = (endpoint.data_directory / "state").glob("glue.*")
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


def test_reading_does_not_write_state(aws, aws_endpoint):
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": "read_only"})
    before = written_state(aws_endpoint)
    glue.get_database(Name="read_only")
    glue.get_tables(DatabaseName="read_only")
    assert written_state(aws_endpoint) == before


def test_every_acknowledged_commit_survives_a_kill_among_them(restarted):
    endpoint, glue = restarted.endpoint, restarted.glue
    glue.create_database(DatabaseInput={"Name": "busy"})
    names = [f"table_{number}" for number in range(4)]
    acknowledged = dict.fromkeys(names, 1)
    for name in names:
        glue.create_table(DatabaseName="busy", TableInput=table_input(name, "1"))
    enough = threading.Event()

    def commit(name):
        client = endpoint.client("glue")
        for version in range(2, 10_000):
            try:
                client.update_table(
                    DatabaseName="busy", TableInput=table_input(name, str(version)), VersionId=str(version - 1)
                )
            except (BotoCoreError, ClientError):
                return
            acknowledged[name] = version
            if version > 20:
                enough.set()

    with ThreadPoolExecutor(len(names)) as pool:
        for name in names:
            pool.submit(commit, name)
        assert enough.wait(60)
        endpoint.kill()
    endpoint.start()
    for name in names:
        table = glue.get_table(DatabaseName="busy", Name=name)["Table"]
        assert int(table["VersionId"]) in {acknowledged[name], acknowledged[name] + 1}
        assert table["Parameters"]["version"] == table["VersionId"]
        versions = glue.get_paginator("get_table_versions").paginate(DatabaseName="busy", TableName=name)
        kept = [int(version["VersionId"]) for page in versions for version in page["TableVersions"]]
        assert kept == list(range(int(table["VersionId"]), 0, -1))
