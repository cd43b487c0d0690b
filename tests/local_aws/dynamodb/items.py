"""Items of one table: what the tests of reading and writing them share."""

TABLE = "items"
VALIDATION = "ValidationException"


def key_of(partition, number=1):
    return {"pk": {"S": partition}, "sk": {"N": str(number)}}


def put(client, partition, number=1, **attributes):
    client.put_item(TableName=TABLE, Item=key_of(partition, number) | attributes)


def get(client, partition, number=1, **settings):
    return client.get_item(TableName=TABLE, Key=key_of(partition, number), **settings).get("Item")


def update(client, partition, expression, values=None, **settings):
    if values:
        settings["ExpressionAttributeValues"] = values
    request = {"TableName": TABLE, "Key": key_of(partition), "UpdateExpression": expression}
    return client.update_item(**request, **settings).get("Attributes")


def query(client, partition, condition="pk = :pk", values=None, **settings):
    """All pages' items."""
    values = {":pk": {"S": partition}} | (values or {})
    pages = client.get_paginator("query").paginate(
        TableName=TABLE, KeyConditionExpression=condition, ExpressionAttributeValues=values, **settings
    )
    return [item for page in pages for item in page["Items"]]
