"""The endpoint's process: health, connections, errors, start and stop."""

import http.client
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from botocore.exceptions import ClientError


def test_health_names_the_services(aws_endpoint):
    health = requests.get(f"{aws_endpoint.url}/_lakehouse/health", timeout=10).json()
    assert health["status"] == "running"
    assert {"s3", "glue", "dms", "athena"} <= set(health["services"])


def test_connection_is_kept_open(aws_endpoint):
    connection = http.client.HTTPConnection("127.0.0.1", aws_endpoint.port, timeout=10)
    for _ in range(3):
        connection.request("GET", "/_lakehouse/health")
        answer = connection.getresponse()
        answer.read()
        assert answer.version == 11
        assert not answer.will_close


def test_client_that_expects_continue_is_told_to(aws_endpoint, aws):
    aws("s3").create_bucket(Bucket="continue-bucket")
    connection = http.client.HTTPConnection("127.0.0.1", aws_endpoint.port, timeout=10)
    connection.putrequest("PUT", "/continue-bucket/k")
    connection.putheader("Expect", "100-continue")
    connection.putheader("Content-Length", "5")
    connection.endheaders()
    assert connection.sock.recv(100).startswith(b"HTTP/1.1 100 Continue")
    connection.send(b"hello")
    assert connection.getresponse().status == 200


def test_many_clients_are_answered_at_once(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket="crowd-bucket")

    def put_and_get(number):
        s3.put_object(Bucket="crowd-bucket", Key=f"k/{number}", Body=str(number).encode())
        return int(s3.get_object(Bucket="crowd-bucket", Key=f"k/{number}")["Body"].read())

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(put_and_get, range(200))) == list(range(200))


def test_operation_that_is_not_there_is_named_in_the_error(aws):
    with pytest.raises(ClientError) as error:
        aws("glue").list_blueprints()
    assert error.value.response["Error"]["Code"] == "NotImplemented"
    assert "list_blueprints" in error.value.response["Error"]["Message"]


def test_taken_port_is_one_sentence_and_exit_code_1(aws_endpoint, tmp_path):
    environment = aws_endpoint.environment | {"LAKEHOUSE_AWS_DATA_DIRECTORY": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", "local_aws"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1
    assert f":{aws_endpoint.port}" in ended.stderr


def test_second_endpoint_over_the_same_files_is_refused(aws_endpoint):
    environment = aws_endpoint.environment | {"LAKEHOUSE_AWS_PORT": "0"}
    ended = subprocess.run(
        [sys.executable, "-m", "local_aws"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1
    assert str(aws_endpoint.data_directory) in ended.stderr


def test_sigterm_ends_the_process_cleanly(start_endpoint, tmp_path):
    with start_endpoint(tmp_path) as endpoint:
        endpoint.process.send_signal(signal.SIGTERM)
        assert endpoint.process.wait(timeout=60) == 0


def test_start_of_the_services_leaves_out_what_takes_long_and_few_use(tmp_path):
    code = (
        "import sys; from local_aws.server import create_application; create_application(); "
        "print(sorted({'pyiceberg', 'pyspark', 'openapi_spec_validator', 'moto.ec2.models.vpcs'} & set(sys.modules)))"
    )
    environment = os.environ | {"LAKEHOUSE_AWS_DATA_DIRECTORY": str(tmp_path)}
    started = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert started.stdout.strip() == "[]"
