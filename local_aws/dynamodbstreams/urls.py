"""Where moto finds the actions of the local DynamoDB Streams."""

from moto.dynamodbstreams.urls import url_bases

from local_aws.dynamodbstreams.responses import LocalDynamoDbStreamsResponse

url_paths = {"{0}/$": LocalDynamoDbStreamsResponse.dispatch}

__all__ = ["url_bases", "url_paths"]
