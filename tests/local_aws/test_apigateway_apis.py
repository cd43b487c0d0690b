"""HTTP APIs as they are described: made, changed, deployed, kept and made by stacks. Functions are asked elsewhere."""

import json
from collections.abc import Callable, Iterator

import pytest
import requests
from botocore.client import BaseClient
from botocore.exceptions import ClientError

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:nobody"
ORIGIN = "https://site.example"


@pytest.fixture(scope="module")
def gateway(aws: Callable) -> BaseClient:
    return aws("apigatewayv2")


@pytest.fixture
def api(gateway: BaseClient) -> Iterator[dict]:
    created = gateway.create_api(Name="trades", ProtocolType="HTTP")
    yield created
    gateway.delete_api(ApiId=created["ApiId"])


def add_route(gateway: BaseClient, api: dict, key: str) -> dict:
    integration = gateway.create_integration(
        ApiId=api["ApiId"], IntegrationType="AWS_PROXY", IntegrationUri=FUNCTION, PayloadFormatVersion="2.0"
    )
    target = f"integrations/{integration['IntegrationId']}"
    return gateway.create_route(ApiId=api["ApiId"], RouteKey=key, Target=target)


def status(api: dict, path: str, method: str = "GET", **options) -> int:
    return requests.request(method, api["ApiEndpoint"] + path, timeout=10, **options).status_code


def test_an_api_without_a_stage_or_a_route_is_not_found(gateway: BaseClient, api: dict) -> None:
    add_route(gateway, api, "GET /a")
    without_stage = requests.get(api["ApiEndpoint"] + "/a", timeout=10)
    assert (without_stage.status_code, without_stage.text) == (404, '{"message":"Not Found"}')
    gateway.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    assert [status(api, path) for path in ("/b", "/a/", "/")] == [404, 404, 404]
    # There is no such function.
    assert status(api, "/a") == 500
    assert status(api, "/a", "POST") == 404
    assert status({"ApiEndpoint": api["ApiEndpoint"] + "x"}, "/a") == 404


def test_a_body_that_nobody_read_is_not_the_next_request(gateway: BaseClient, api: dict) -> None:
    gateway.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    with requests.Session() as session:
        for body in (b"known", iter([b"GET / HTTP/1.1", b"\r\n\r\n"]), bytes(100_000)):
            answer = session.post(api["ApiEndpoint"] + "/nobody", data=body, timeout=10)
            assert answer.text == '{"message":"Not Found"}'


def test_a_stage_serves_what_was_deployed_to_it(gateway: BaseClient, api: dict) -> None:
    with pytest.raises(ClientError, match="At least one route is required"):
        gateway.create_deployment(ApiId=api["ApiId"])
    add_route(gateway, api, "GET /a")
    first = gateway.create_deployment(ApiId=api["ApiId"])["DeploymentId"]
    gateway.create_stage(ApiId=api["ApiId"], StageName="prod", DeploymentId=first)
    add_route(gateway, api, "GET /b")
    assert [status(api, f"/prod{path}") for path in ("/a", "/b")] == [500, 404]
    second = gateway.create_deployment(ApiId=api["ApiId"], StageName="prod")["DeploymentId"]
    assert [status(api, f"/prod{path}") for path in ("/a", "/b")] == [500, 500]
    gateway.update_stage(ApiId=api["ApiId"], StageName="prod", DeploymentId=first)
    assert status(api, "/prod/b") == 404
    with pytest.raises(ClientError, match="BadRequestException"):
        gateway.delete_deployment(ApiId=api["ApiId"], DeploymentId=first)
    gateway.delete_deployment(ApiId=api["ApiId"], DeploymentId=second)


def test_a_named_stage_comes_before_the_default_one(gateway: BaseClient, api: dict) -> None:
    add_route(gateway, api, "GET /a")
    for stage in ("$default", "prod"):
        gateway.create_stage(ApiId=api["ApiId"], StageName=stage, AutoDeploy=True)
    assert [status(api, path) for path in ("/a", "/prod/a", "/prod", "/$default/a")] == [500, 500, 404, 404]
    host = f"{api['ApiId']}.execute-api.us-east-1.amazonaws.com"
    address = api["ApiEndpoint"].partition("/_aws")[0]
    assert requests.get(f"{address}/prod/a", headers={"Host": host}, timeout=10).status_code == 500
    assert requests.get(f"{address}/prod/b", headers={"Host": host}, timeout=10).status_code == 404


def test_preflight_requests_are_answered_by_the_api(gateway: BaseClient) -> None:
    cors = {"AllowOrigins": [ORIGIN], "AllowMethods": ["GET", "POST"], "AllowHeaders": ["x-a"], "MaxAge": 60}
    api = gateway.create_api(Name="cors", ProtocolType="HTTP", CorsConfiguration=cors, Target=FUNCTION)
    asks = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    allowed = requests.options(api["ApiEndpoint"] + "/any/path", headers=asks, timeout=10)
    assert allowed.status_code == 204
    assert {name: value for name, value in allowed.headers.items() if name.lower().startswith("access-control-")} == {
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "x-a",
        "access-control-max-age": "60",
    }
    refused = requests.options(api["ApiEndpoint"], headers=asks | {"Origin": "https://other.example"}, timeout=10)
    assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (204, False)
    gateway.delete_cors_configuration(ApiId=api["ApiId"])
    assert status(api, "/any/path", "OPTIONS", headers=asks) == 500
    gateway.delete_api(ApiId=api["ApiId"])


def test_requests_past_a_routes_burst_are_refused(gateway: BaseClient, api: dict) -> None:
    add_route(gateway, api, "GET /a")
    limits = {"GET /a": {"ThrottlingBurstLimit": 2, "ThrottlingRateLimit": 0.01}}
    gateway.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True, RouteSettings=limits)
    assert [status(api, "/a") for _ in range(4)] == [500, 500, 429, 429]
    assert requests.get(api["ApiEndpoint"] + "/a", timeout=10).text == '{"message":"Too Many Requests"}'
    gateway.delete_route_settings(ApiId=api["ApiId"], StageName="$default", RouteKey="GET /a")
    assert status(api, "/a") == 500


@pytest.mark.parametrize(
    ("operation", "options", "error"),
    [
        (
            "create_api",
            {"Name": "a", "ProtocolType": "WEBSOCKET"},
            "does not support APIs with protocol_type WEBSOCKET",
        ),
        ("create_route", {"RouteKey": "GET /a", "AuthorizationType": "JWT"}, "authorization_type JWT"),
        ("create_route", {"RouteKey": "GET /a", "AuthorizerId": "x"}, "the parameter AuthorizerId"),
        ("create_route", {"RouteKey": "GET /a", "Target": "integrations/gone"}, "is no integration of the API"),
        ("create_route", {"RouteKey": "/a"}, "not formatted properly"),
        ("create_integration", {"IntegrationType": "HTTP_PROXY"}, "the integration HTTP_PROXY"),
        ("create_integration", {"IntegrationType": "AWS_PROXY", "IntegrationUri": FUNCTION}, "PayloadFormatVersion"),
        ("create_stage", {"StageName": "a/b"}, "Stage name"),
        ("create_stage", {"StageName": "prod", "ClientCertificateId": "x"}, "the parameter ClientCertificateId"),
        ("create_vpc_link", {"Name": "a", "SubnetIds": ["s"]}, "NotImplemented"),
        ("create_domain_name", {"DomainName": "a.example"}, "NotImplemented"),
        ("create_authorizer", {"AuthorizerType": "JWT", "IdentitySource": ["a"], "Name": "a"}, "NotImplemented"),
    ],
)
def test_what_would_not_be_done_is_refused(
    gateway: BaseClient, api: dict, operation: str, options: dict, error: str
) -> None:
    operation_name = "".join(part.title() for part in operation.split("_"))
    takes_api = "ApiId" in gateway.meta.service_model.operation_model(operation_name).input_shape.members
    with pytest.raises(ClientError, match=error):
        getattr(gateway, operation)(**({"ApiId": api["ApiId"]} if takes_api else {}), **options)


def test_cors_for_everybody_takes_no_credentials(gateway: BaseClient) -> None:
    with pytest.raises(ClientError, match="allow-credentials is not supported if 'allow-origin' is"):
        gateway.create_api(
            Name="a", ProtocolType="HTTP", CorsConfiguration={"AllowOrigins": ["*"], "AllowCredentials": True}
        )


def test_access_logs_go_to_a_log_group_that_is_there(gateway: BaseClient, api: dict) -> None:
    settings = {"DestinationArn": "arn:aws:logs:us-east-1:123456789012:log-group:gone", "Format": "$context.requestId"}
    with pytest.raises(ClientError, match="log group gone"):
        gateway.create_stage(ApiId=api["ApiId"], StageName="prod", AccessLogSettings=settings)
    with pytest.raises(ClientError, match="at least"):
        gateway.create_stage(ApiId=api["ApiId"], StageName="prod", AccessLogSettings=settings | {"Format": "x"})


def test_routes_with_the_same_requests_are_one_route(gateway: BaseClient, api: dict) -> None:
    route = add_route(gateway, api, "GET /a/{b}")
    with pytest.raises(ClientError, match="ConflictException"):
        add_route(gateway, api, "GET /a/{c}")
    used = route["Target"].removeprefix("integrations/")
    with pytest.raises(ClientError, match="ConflictException"):
        gateway.delete_integration(ApiId=api["ApiId"], IntegrationId=used)
    gateway.delete_route(ApiId=api["ApiId"], RouteId=route["RouteId"])
    gateway.delete_integration(ApiId=api["ApiId"], IntegrationId=used)


def template(path: str = "/a", **stage: object) -> str:
    resources = {
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "stacked",
                "ProtocolType": "HTTP",
                "CorsConfiguration": {"AllowOrigins": ["*"], "MaxAge": "60"},
            },
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": FUNCTION,
                "PayloadFormatVersion": "2.0",
                "TimeoutInMillis": "5000",
            },
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": f"GET {path}",
                "Target": {"Fn::Sub": "integrations/${Integration}"},
            },
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": "true", **stage},
        },
    }
    outputs = {"Url": {"Value": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}}, "Id": {"Value": {"Ref": "Api"}}}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def outputs(stacks: BaseClient, name: str) -> dict[str, str]:
    stack = stacks.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, stack
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def test_an_api_of_a_stack_has_the_same_address_when_it_is_made_again(stacks: BaseClient, gateway: BaseClient) -> None:
    stacks.create_stack(StackName="http-api", TemplateBody=template())
    first = outputs(stacks, "http-api")
    assert requests.get(first["Url"] + "/a", timeout=10).status_code == 500
    limits = {"ThrottlingBurstLimit": "1", "ThrottlingRateLimit": 0.01}
    stacks.update_stack(StackName="http-api", TemplateBody=template("/b", DefaultRouteSettings=limits))
    assert outputs(stacks, "http-api") == first
    codes = [requests.get(first["Url"] + path, timeout=10).status_code for path in ("/a", "/b", "/b")]
    assert codes == [404, 500, 429]
    stacks.update_stack(StackName="http-api", TemplateBody=template("/b"))
    assert gateway.get_stage(ApiId=first["Id"], StageName="$default")["DefaultRouteSettings"] == {}
    stacks.delete_stack(StackName="http-api")
    assert requests.get(first["Url"] + "/b", timeout=10).status_code == 404
    stacks.create_stack(StackName="http-api", TemplateBody=template())
    assert outputs(stacks, "http-api") == first
