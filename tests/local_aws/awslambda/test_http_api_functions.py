"""Functions behind the routes of an HTTP API, asked over plain HTTP."""

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.conftest import Endpoint
from tests.local_aws.awslambda.conftest import Functions, wait_for

SOURCE = """
import json, os, time, urllib.request

def handler(event, context):
    kind = event.get("pathParameters", {}).get("kind")
    if kind == "answer":
        return json.loads(event["body"])
    if kind == "raise":
        raise ValueError("broken")
    if kind == "sleep":
        time.sleep(2)
    if kind == "call":
        answer = urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_lakehouse/health")
        return {"n": event["queryStringParameters"]["n"], "endpoint": json.load(answer)["status"]}
    return event
"""
CLIENTS = 200
LOG_FORMAT = (
    '{"id":"$context.requestId","status":$context.status,"route":"$context.routeKey","path":"$context.path",'
    '"agent":"$context.identity.userAgent","error":"$context.error.message",'
    '"integration":"$context.integrationErrorMessage","latency":$context.responseLatency,"jwt":"$context.authorizer.x"}'
)


class Api:
    """An API whose routes lead to one function, in both payload formats."""

    def __init__(self, endpoint: Endpoint, function_arn: str) -> None:
        self.client = endpoint.client("apigatewayv2")
        cors = {"AllowOrigins": ["https://site.example"], "AllowCredentials": True, "ExposeHeaders": ["x-a"]}
        api = self.client.create_api(Name="functions", ProtocolType="HTTP", CorsConfiguration=cors)
        self.id, self.url = api["ApiId"], api["ApiEndpoint"]
        self.function_arn = function_arn
        self.add_route("ANY /v1/{kind}", "1.0")
        self.add_route("ANY /v2/{kind}", "2.0")
        self.add_route("GET /quick/{kind}", "2.0", TimeoutInMillis=300)
        logs = endpoint.client("logs")
        logs.create_log_group(logGroupName="/api/access")
        destination = "arn:aws:logs:us-east-1:123456789012:log-group:/api/access:*"
        self.client.create_stage(
            ApiId=self.id,
            StageName="$default",
            AutoDeploy=True,
            AccessLogSettings={"DestinationArn": destination, "Format": LOG_FORMAT},
            StageVariables={"colour": "green"},
        )

    def add_route(self, key: str, payload_format_version: str, **integration: Any) -> None:
        made = self.client.create_integration(
            ApiId=self.id,
            IntegrationType="AWS_PROXY",
            IntegrationUri=self.function_arn,
            PayloadFormatVersion=payload_format_version,
            **integration,
        )
        self.client.create_route(ApiId=self.id, RouteKey=key, Target=f"integrations/{made['IntegrationId']}")

    def ask(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        return requests.request(method, self.url + path, timeout=30, allow_redirects=False, **options)


@pytest.fixture(scope="module")
def api(lambda_endpoint: Endpoint, functions: Functions) -> Iterator[Api]:
    api = Api(lambda_endpoint, functions.create("behind-api", SOURCE, Timeout=30))
    functions.client.add_permission(
        FunctionName="behind-api",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:123456789012:{api.id}/*/*/*/{{kind}}",
    )
    yield api
    api.client.delete_api(ApiId=api.id)


def test_an_event_of_format_2_0_tells_the_request(api: Api) -> None:
    answer = api.ask(
        "/v2/a%20b?x=1&x=2&y=%C3%BC&z=",
        "POST",
        data=b"text",
        headers={"Content-Type": "text/plain", "Cookie": "a=1; b=2", "X-One": "1", "User-Agent": "tests"},
    )
    event = answer.json()
    assert answer.headers["Apigw-Requestid"] == event["requestContext"]["requestId"]
    assert {name: event[name] for name in event if name not in {"headers", "requestContext"}} == {
        "version": "2.0",
        "routeKey": "ANY /v2/{kind}",
        "rawPath": "/v2/a b",
        "rawQueryString": "x=1&x=2&y=%C3%BC&z=",
        "cookies": ["a=1", "b=2"],
        "queryStringParameters": {"x": "1,2", "y": "ü", "z": ""},
        "pathParameters": {"kind": "a b"},
        "stageVariables": {"colour": "green"},
        "body": "text",
        "isBase64Encoded": False,
    }
    assert event["headers"]["x-one"] == "1"
    assert "cookie" not in event["headers"]
    context = event["requestContext"]
    assert context["http"] == {
        "method": "POST",
        "path": "/v2/a b",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "tests",
    }
    assert (context["apiId"], context["stage"], context["accountId"]) == (api.id, "$default", "123456789012")
    assert abs(context["timeEpoch"] / 1000 - time.time()) < 60


def test_an_event_of_format_1_0_has_lists_and_nulls(api: Api) -> None:
    answer = api.ask("/v1/answer", "POST", json={"statusCode": 201, "body": "made"})
    assert (answer.status_code, answer.text) == (201, "made")
    told = {"statusCode": 200, "multiValueHeaders": {"X-B": ["1", "2"]}, "headers": {"x-a": "0"}}
    assert api.ask("/v1/answer", "POST", json=told).headers["X-B"] == "1, 2"
    # The function answers with its event, which is no answer in this format.
    assert api.ask("/v1/event?x=1&x=2").status_code == 500


def test_a_body_that_is_no_text_comes_in_base64(api: Api) -> None:
    for content_type in ("application/octet-stream", "application/x-www-form-urlencoded"):
        event = api.ask("/v2/event", "PUT", data=b"\x00\xff", headers={"Content-Type": content_type}).json()
        assert (event["body"], event["isBase64Encoded"]) == ("AP8=", True)
    chunked = api.ask("/v2/event", "PUT", data=iter([b"one ", b"two"]), headers={"X-Forwarded-For": "192.0.2.1"}).json()
    assert (chunked["body"], chunked["headers"]["x-forwarded-for"]) == ("one two", "192.0.2.1, 127.0.0.1")
    event = api.ask("/v2/event", "PUT", json={"a": "é"}).json()
    assert (json.loads(event["body"]), event["isBase64Encoded"]) == ({"a": "é"}, False)


def test_the_function_decides_status_headers_and_cookies(api: Api) -> None:
    told = {
        "statusCode": 418,
        "headers": {"X-A": "é"},
        "cookies": ["a=1", "b=2"],
        "body": "AAEC",
        "isBase64Encoded": True,
    }
    answer = api.ask("/v2/answer", "POST", json=told)
    assert (answer.status_code, answer.content) == (418, b"\x00\x01\x02")
    assert answer.headers["X-A"].encode("latin-1").decode() == "é"
    assert answer.cookies.get_dict() == {"a": "1", "b": "2"}
    inferred = api.ask("/v2/answer", "POST", json={"message": "hello"})
    assert (inferred.status_code, inferred.json()) == (200, {"message": "hello"})
    assert inferred.headers["Content-Type"] == "application/json"


def test_a_head_request_has_the_headers_of_a_body_that_is_not_sent(api: Api) -> None:
    answer = api.ask("/v2/event", "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 500


def test_cors_headers_are_the_apis_and_not_the_functions(api: Api) -> None:
    told = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*", "Access-Control-Max-Age": "1"}}
    headers = {"Origin": "https://site.example"}
    answer = api.ask("/v2/answer", "POST", json=told, headers=headers)
    assert {name.lower(): value for name, value in answer.headers.items() if name.lower().startswith("access-")} == {
        "access-control-allow-origin": "https://site.example",
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "x-a",
    }
    other = api.ask("/v2/answer", "POST", json=told, headers={"Origin": "https://other.example"})
    assert not [name for name in other.headers if name.lower().startswith("access-")]


def test_a_function_that_fails_is_an_internal_server_error(api: Api) -> None:
    for path, body in (
        ("/v2/raise", None),
        ("/v2/answer", {"statusCode": 200, "body": {}}),
        ("/v2/answer", {"statusCode": 1}),
    ):
        answer = api.ask(path, "POST", json=body)
        assert (answer.status_code, answer.text) == (500, '{"message":"Internal Server Error"}')


def test_a_function_that_takes_too_long_is_unavailable(api: Api) -> None:
    started = time.monotonic()
    answer = api.ask("/quick/sleep")
    assert (answer.status_code, answer.text) == (503, '{"message":"Service Unavailable"}')
    assert time.monotonic() - started < 1.9


def test_a_payload_over_ten_megabytes_is_refused(api: Api) -> None:
    answer = api.ask("/v2/event", "POST", data=bytes(10 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.text) == (413, '{"message":"Request Entity Too Large"}')


def test_a_function_that_permits_nobody_is_not_invoked(api: Api, functions: Functions) -> None:
    """The permission is for paths that end in {kind}."""
    api.add_route("GET /other", "2.0")
    assert api.ask("/other").status_code == 500
    functions.client.add_permission(
        FunctionName="behind-api",
        StatementId="other",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:123456789012:{api.id}/*/GET/other",
    )
    assert api.ask("/other").json()["routeKey"] == "GET /other"


def test_each_request_is_a_line_of_the_access_log(api: Api, lambda_endpoint: Endpoint) -> None:
    agent = 'a "quoted" agent'
    ids = [
        api.ask(path, headers={"User-Agent": agent}).headers["Apigw-Requestid"]
        for path in ("/v2/x", "/v2/raise", "/no")
    ]
    logs = lambda_endpoint.client("logs")

    def lines() -> list[dict[str, Any]]:
        events = logs.filter_log_events(logGroupName="/api/access")["events"]
        parsed = [json.loads(event["message"]) for event in events]
        return [line for line in parsed if line["id"] in ids]

    first, second, third = sorted(
        wait_for(lambda: len(lines()) == 3 and lines()), key=lambda line: ids.index(line["id"])
    )
    assert first.pop("latency") >= 0
    assert first == {
        "id": ids[0],
        "status": 200,
        "route": "ANY /v2/{kind}",
        "path": "/v2/x",
        "agent": agent,
        "error": "-",
        "integration": "-",
        "jwt": "-",
    }
    assert (second["status"], second["error"]) == (500, "Internal Server Error")
    assert "returned an error" in second["integration"]
    assert (third["status"], third["route"], third["error"]) == (404, "-", "Not Found")


def test_requests_are_counted_as_metrics(api: Api, lambda_endpoint: Endpoint) -> None:
    cloudwatch = lambda_endpoint.client("cloudwatch")

    def total(metric: str) -> float:
        now = time.time()
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/ApiGateway",
            MetricName=metric,
            Dimensions=[{"Name": "ApiId", "Value": api.id}, {"Name": "Stage", "Value": "$default"}],
            StartTime=now - 3600,
            EndTime=now + 60,
            Period=3600,
            Statistics=["Sum"],
        )
        return sum(point["Sum"] for point in points["Datapoints"])

    names = ("Count", "4xx", "5xx")
    before = [total(name) for name in names]
    for path in ("/v2/x", "/v2/raise", "/no"):
        api.ask(path)
    assert [total(name) for name in names] == [before[0] + 3, before[1] + 1, before[2] + 1]
    assert total("IntegrationLatency") > 0


def test_many_clients_at_once_get_their_own_answers(api: Api, lambda_endpoint: Endpoint) -> None:
    """The function calls the endpoint itself, which finds a thread for that whatever waits."""
    address = urlsplit(api.url)

    def ask(number: int) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        connection.request("GET", f"{address.path}/v2/call?n={number}")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(ask, range(CLIENTS)))
    assert answers == [(200, {"n": str(number), "endpoint": "running"}) for number in range(CLIENTS)]
