"""How many requests the routes of HTTP APIs take."""

from local_aws.apigatewayv2.resources import Stage
from local_aws.apigatewayv2.serving.throttling import Throttle


def admitted(throttle: Throttle, stage: Stage, key: str, requests: int) -> int:
    return sum(throttle.admits("1", "us-east-1", "api", stage, key) for _ in range(requests))


def test_a_route_takes_its_burst_and_then_its_rate() -> None:
    settings = {"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 0.001}
    stage = Stage("$default", default_route_settings=settings)
    throttle = Throttle()
    assert admitted(throttle, stage, "GET /a", 20) == 5
    assert admitted(throttle, stage, "GET /b", 20) == 5


def test_a_routes_own_settings_come_before_the_stages() -> None:
    own = {"GET /a": {"ThrottlingBurstLimit": 2}}
    stage = Stage(
        "prod", default_route_settings={"ThrottlingBurstLimit": 7, "ThrottlingRateLimit": 0.001}, route_settings=own
    )
    assert admitted(Throttle(), stage, "GET /a", 20) == 2


def test_a_limit_of_zero_admits_nobody() -> None:
    stage = Stage("$default", default_route_settings={"ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0.0})
    assert admitted(Throttle(), stage, "GET /a", 3) == 0


def test_new_limits_count_from_now_on() -> None:
    throttle = Throttle()
    before = Stage("$default", default_route_settings={"ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 0.001})
    after = Stage("$default", default_route_settings={"ThrottlingBurstLimit": 3, "ThrottlingRateLimit": 0.001})
    assert admitted(throttle, before, "GET /a", 9) == 1
    assert admitted(throttle, after, "GET /a", 9) == 3
