"""EC2, as far as it reads: what describes needs no resource."""

from local_aws.access.requests.calls import rules

PREFIX = "ec2"
RULES = rules(
    PREFIX,
    {
        "*": (
            "DescribeAvailabilityZones DescribeInternetGateways DescribeNatGateways DescribeNetworkInterfaces"
            " DescribeRegions DescribeRouteTables DescribeSecurityGroups DescribeSubnets DescribeVpcEndpoints"
            " DescribeVpcs"
        )
    },
)
