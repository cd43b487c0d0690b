"""Metrics of HTTP APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html."""

from local_aws.apigatewayv2.resources import Api, Stage
from local_aws.apigatewayv2.serving.answers import Answer
from local_aws.apigatewayv2.serving.events import Match
from local_aws.cloudwatch.metrics import put_metric

NAMESPACE = "AWS/ApiGateway"


def count(
    api: Api, stage: Stage, match: Match | None, given: Answer, latency: float, integration_latency: float | None
) -> None:
    """One request; its latencies are in milliseconds. The routes of a stage with detailed metrics have theirs, too."""
    of_stage = {"ApiId": api.api_id, "Stage": stage.stage_name}
    dimensions = [{"ApiId": api.api_id}, of_stage]
    if match and stage.setting(match.route.key.text, "DetailedMetricsEnabled"):
        dimensions.append(of_stage | {"Method": match.route.key.method, "Resource": match.route.key.path})
    values = [
        ("Count", 1, "Count"),
        ("4xx", int(400 <= given.status < 500), "Count"),
        ("5xx", int(given.status >= 500), "Count"),
        ("Latency", round(latency), "Milliseconds"),
    ]
    if integration_latency is not None:
        values.append(("IntegrationLatency", round(integration_latency), "Milliseconds"))
    for one in dimensions:
        for name, value, unit in values:
            put_metric(NAMESPACE, name, value, unit, one, region_name=api.region_name)
