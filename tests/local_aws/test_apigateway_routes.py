"""Which route of an HTTP API a request takes."""

import pytest

from local_aws.apigatewayv2.exceptions import BadRequestException
from local_aws.apigatewayv2.route_keys import RouteKey

# The example of AWS's developer guide, "Create routes for HTTP APIs".
ROUTES = ["$default", "ANY /{proxy+}", "GET /pets/{proxy+}", "GET /pets/dog/{id}", "GET /pets/dog/1"]


def chosen(keys: list[str], method: str, path: str) -> tuple[str, dict[str, str]] | None:
    for key in sorted(map(RouteKey.parse, keys), key=lambda key: key.rank):
        parameters = key.match(method, path[1:].split("/"))
        if parameters is not None:
            return key.text, parameters
    return None


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1", {}),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}", {"proxy": "cat/1"}),
        ("POST", "/test/5", "ANY /{proxy+}", {"proxy": "test/5"}),
        ("GET", "/", "$default", {}),
    ],
)
def test_the_most_specific_route_is_taken(method: str, path: str, key: str, parameters: dict[str, str]) -> None:
    assert chosen(ROUTES, method, path) == (key, parameters)


@pytest.mark.parametrize(
    ("keys", "method", "path", "key"),
    [
        (["ANY /a", "GET /a"], "GET", "/a", "GET /a"),
        (["ANY /a", "GET /a"], "DELETE", "/a", "ANY /a"),
        (["GET /a/{x}/c", "GET /a/b/{y}"], "GET", "/a/b/c", "GET /a/b/{y}"),
        (["GET /{proxy+}", "GET /a/{proxy+}"], "GET", "/a/b/c", "GET /a/{proxy+}"),
        (["GET /p%C3%A9", "GET /pé"], "GET", "/p%C3%A9", "GET /pé"),
    ],
)
def test_methods_come_before_any_and_literals_before_variables(
    keys: list[str], method: str, path: str, key: str
) -> None:
    assert chosen(keys, method, path)[0] == key


@pytest.mark.parametrize("path", ["/pets", "/pets/", "/pets/a/b", "/cats/1", "/pets//"])
def test_a_variable_takes_one_part_that_is_not_empty(path: str) -> None:
    assert chosen(["GET /pets/{id}"], "GET", path) is None


def test_values_of_variables_are_decoded_one_by_one() -> None:
    found = chosen(["GET /trades/{symbol}/latest"], "GET", "/trades/BRK%2FB%20x/latest")
    assert found == ("GET /trades/{symbol}/latest", {"symbol": "BRK/B x"})


@pytest.mark.parametrize("text", ["get /a", "GET a", "GET", "GET /{proxy+}/a", "GET /{a", "GET /a}b", "GET  /a", ""])
def test_a_key_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadRequestException):
        RouteKey.parse(text)
