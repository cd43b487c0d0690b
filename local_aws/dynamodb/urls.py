"""Where moto finds the actions of the local DynamoDB."""

from moto.dynamodb.urls import url_bases

from local_aws.dynamodb.responses import LocalDynamoDbResponse

url_paths = {"{0}/$": LocalDynamoDbResponse.dispatch}

__all__ = ["url_bases", "url_paths"]
