"""The Resource Groups Tagging API."""

from local_aws.access.requests.calls import rules

PREFIX = "tag"
RULES = rules(PREFIX, {"*": "GetResources GetTagKeys GetTagValues TagResources UntagResources"})
