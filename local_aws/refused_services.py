"""Answers for the services and operations that the endpoint does not have: one sentence, and what to use.

moto would answer them as done, and nothing would have been done.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_aws.failures import not_implemented
from local_aws.services import STATE_ONLY
from local_aws.state.operations import operation

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True)
class Refusal:
    """What users call a service, and which way to the same end the stack has."""

    title: str
    instead: str = "nothing here takes its place"


_SPARK = "run Spark as a Glue job"
_DATABASES = "the stack's own PostgreSQL and document database take its place, at the addresses in Secrets Manager"
_FUNCTIONS = "run the work as a Lambda function or a Glue job"
# By moto's name of a service or, of those that moto has not, by the name that requests are signed for.
REFUSALS = {
    "airflow": Refusal("MWAA", "the stack's own Airflow takes its place"),
    "appsync": Refusal("AppSync", "make an HTTP API (apigatewayv2)"),
    "batch": Refusal("AWS Batch", _FUNCTIONS),
    "cloudfront": Refusal("CloudFront", "serve the bucket as a website of S3"),
    "databrew": Refusal("Glue DataBrew", "transform in a Glue job"),
    "datapipeline": Refusal("Data Pipeline", "orchestrate with a DAG of Airflow"),
    "datasync": Refusal("DataSync", "copy the objects by S3's API"),
    "docdb-elastic": Refusal("DocumentDB", _DATABASES),
    "ecs": Refusal("ECS", _FUNCTIONS),
    "eks": Refusal("EKS", _FUNCTIONS),
    "elasticache": Refusal("ElastiCache", "keep what is looked up by its key in DynamoDB"),
    "emr": Refusal("EMR", _SPARK),
    "emrcontainers": Refusal("EMR on EKS", _SPARK),
    "emrserverless": Refusal("EMR Serverless", _SPARK),
    "es": Refusal("OpenSearch Service", "query tables by Athena"),
    "firehose": Refusal("Data Firehose", "read a Kinesis stream by an event source mapping of Lambda"),
    "kafka": Refusal("MSK", "send records to a Kinesis stream"),
    "kinesisanalyticsv2": Refusal("Managed Service for Apache Flink", "read the stream by an event source mapping"),
    "lakeformation": Refusal("Lake Formation", "say in IAM policies who may read a table"),
    "memorydb": Refusal("MemoryDB", "keep what is looked up by its key in DynamoDB"),
    "opensearchserverless": Refusal("OpenSearch Serverless", "query tables by Athena"),
    "pipes": Refusal("EventBridge Pipes", "read the source by an event source mapping of Lambda"),
    "quicksight": Refusal("QuickSight", "the stack's dashboard takes its place"),
    "rds": Refusal("RDS, DocumentDB and Neptune", _DATABASES),
    "rdsdata": Refusal("The RDS Data API", "connect to the database by its own protocol"),
    "redshift": Refusal("Provisioned Redshift", "use Redshift Serverless and the Redshift Data API"),
    "s3tables": Refusal("S3 Tables", "keep Iceberg tables in the Glue Data Catalog"),
    "sagemaker": Refusal("SageMaker", _FUNCTIONS),
    "scheduler": Refusal("EventBridge Scheduler", "give a DAG of Airflow a schedule"),
    "ses": Refusal("SES", "publish to a topic of SNS that a queue subscribes to"),
    "sesv2": Refusal("SES", "publish to a topic of SNS that a queue subscribes to"),
    "stepfunctions": Refusal("Step Functions", "orchestrate with a DAG of Airflow"),
    "swf": Refusal("SWF", "orchestrate with a DAG of Airflow"),
    "timestreamquery": Refusal("Timestream", "keep time series in DynamoDB or in tables of Athena"),
    "timestreamwrite": Refusal("Timestream", "keep time series in DynamoDB or in tables of Athena"),
}
_SIGNED_FOR = re.compile(r"Credential=[^/,]*/[^/,]*/[^/,]*/([^/,]+)/aws4_request")


def refusing_service(service: str | None) -> "WSGIApplication":
    """An application that refuses all requests to a service. None stands for what moto has no name for."""

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        name = service or _signed_for(environ) or environ.get("HTTP_HOST", "")
        refusal = REFUSALS.get(name, Refusal(f"The service {name}"))
        sentence = f"{refusal.title} is not supported by the local endpoint: {refusal.instead}."
        return not_implemented(service, environ, start_response, sentence)

    return respond


def refusing_operations(service: str, application: "WSGIApplication") -> "WSGIApplication":
    """The application of a service; of one whose state is the whole of it, only the operations that keep state."""
    state_only = STATE_ONLY.get(service)
    if state_only is None:
        return application

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        name = operation(environ)
        if name is None or state_only.operations.fullmatch(name):
            return application(environ, start_response)
        sentence = (
            f"{name} of {service} is not supported by the local endpoint, which keeps {state_only.keeps},"
            " and nothing else of this service."
        )
        return not_implemented(service, environ, start_response, sentence)

    return respond


def _signed_for(environ: "WSGIEnvironment") -> str | None:
    found = _SIGNED_FOR.search(environ.get("HTTP_AUTHORIZATION", ""))
    return found[1] if found else None
