"""SNS."""

from local_aws.access.requests.calls import rules

PREFIX = "sns"

_OPERATIONS = {
    "{TopicArn}": (
        "AddPermission ConfirmSubscription DeleteTopic GetTopicAttributes ListSubscriptionsByTopic RemovePermission"
        " SetTopicAttributes Subscribe"
    ),
    "{TopicArn}|{TargetArn}|*": "Publish PublishBatch",
    "{Name}": "CreateTopic",
    "{ResourceArn}": "ListTagsForResource TagResource UntagResource",
    "*": "GetSubscriptionAttributes ListSubscriptions ListTopics SetSubscriptionAttributes Unsubscribe",
}
RULES = rules(PREFIX, _OPERATIONS, {"PublishBatch": "Publish"})
