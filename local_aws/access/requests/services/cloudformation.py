"""CloudFormation, as far as it reads: what a stack changes, it would change as the caller."""

from local_aws.access.requests.calls import rules

PREFIX = "cloudformation"

_OPERATIONS = {
    "stack/{StackName}/*": (
        "DescribeChangeSet DescribeStackEvents DescribeStackResource DescribeStackResources DescribeStacks"
        " GetStackPolicy GetTemplate ListChangeSets ListStackResources"
    ),
    "*": "GetTemplateSummary ListExports ListImports ListStacks ValidateTemplate",
}
RULES = rules(PREFIX, _OPERATIONS)
