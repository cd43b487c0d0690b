"""The availability zones of a new network, by their ids: a zone's name means another place in every account.

Not every zone takes every service. AWS says of each endpoint service in which zones of the account it is offered
(DescribeVpcEndpointServices), those of Amazon MWAA among them. Amazon MWAA runs on AWS Fargate and Redshift Serverless
on capacity of its own: neither tells its zones, but services refuse the same few old ones, time and again.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from deployment.errors import DeploymentError

COUNT = 3
"""Redshift Serverless demands three (management guide, Considerations when using Amazon Redshift Serverless)."""
SERVICES = (
    "airflow.api",
    "airflow.env",
    "airflow.ops",
    "athena",
    "dms",
    "glue",
    "kinesis-streams",
    "kms",
    "logs",
    "monitoring",
)
SERVICES += ("redshift-data", "secretsmanager", "sns", "sqs", "sts")
# ECS developer guide, Supported Regions for Amazon ECS on AWS Fargate; VPC Lattice user guide, Quotas; MSK API
# reference, BrokerNodeGroupInfo.
REFUSED = frozenset({"use1-az3", "usw1-az2", "apne1-az3", "apne2-az2", "cac1-az3", "euw1-az4", "ilc1-az2"})


def zone_ids(ec2: Any) -> list[str]:
    """Ids of zones of the account that take every service; raises DeploymentError when there are too few."""
    answer = ec2.describe_availability_zones(Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}])
    zones = {zone["ZoneId"]: zone["ZoneName"] for zone in answer["AvailabilityZones"] if zone["State"] == "available"}
    region = ec2.meta.region_name
    names = {f"com.amazonaws.{region}.{service}" for service in SERVICES}
    services = ec2.describe_vpc_endpoint_services()["ServiceDetails"]
    chosen = fitting_zones(
        zones, (service["AvailabilityZones"] for service in services if service["ServiceName"] in names)
    )
    if len(chosen) < COUNT:
        raise DeploymentError(
            f"Region {region} has {len(chosen)} availability zones that are known to take every service "
            f"({', '.join(chosen) or 'none'}), and a network needs {COUNT}: name them as AvailabilityZoneIds under "
            "[parameters] of the environment's file, or choose another region."
        )
    return chosen[:COUNT]


def fitting_zones(zones: Mapping[str, str], offered: Iterable[Iterable[str]]) -> list[str]:
    """Ids, in their order, of zones in which every service is offered and that are not refused.

    :param zones: names of the account's zones by id
    :param offered: for each service, the names of its zones
    """
    common = set(zones.values()).intersection(*offered)
    return sorted(zone_id for zone_id, name in zones.items() if name in common and zone_id not in REFUSED)
