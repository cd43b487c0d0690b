"""API Gateway's HTTP APIs: routes to Lambda functions, served by the endpoint itself."""

import re


def install() -> None:
    from moto import backend_index
    from moto.apigatewayv2.models import apigatewayv2_backends

    from local_aws.apigatewayv2 import cloudformation  # noqa: F401 - moto finds the resource types among loaded classes
    from local_aws.apigatewayv2.models import LocalApiGatewayV2Backend

    apigatewayv2_backends.backend = LocalApiGatewayV2Backend
    # moto hands the host to its REST APIs, whose state is another service's.
    entry = ("apigatewayv2", re.compile(r"https?://apigateway\.(.+)\.amazonaws\.com"))
    if entry not in backend_index.backend_url_patterns:
        backend_index.backend_url_patterns.insert(0, entry)
