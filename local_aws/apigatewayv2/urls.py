"""Where moto finds the actions of the local API Gateway: one host has the APIs of both of its versions."""

from local_aws.apigatewayv2.responses import LocalApiGatewayV2Response

url_bases = [r"https?://apigateway\.(.+)\.amazonaws\.com"]

url_paths = {
    "{0}/v2/(?P<path>.+)$": LocalApiGatewayV2Response.dispatch,
    "{0}/(?P<path>.*)$": LocalApiGatewayV2Response.rest_apis,
}
