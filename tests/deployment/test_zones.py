"""A new network lies in zones that take every service, however the account names them."""

import boto3
import pytest
from botocore.stub import ANY, Stubber

from deployment.errors import DeploymentError
from deployment.zones import zone_ids

# As in an account whose first names are those of the zone that services refuse, and of one without Airflow.
ZONES = {"us-east-1a": "use1-az3", "us-east-1b": "use1-az1", "us-east-1c": "use1-az2"}
MORE_ZONES = {"us-east-1d": "use1-az4", "us-east-1e": "use1-az5"}


def answers(zones, of_services, states=None):
    client = boto3.client("ec2", "us-east-1", aws_access_key_id="local", aws_secret_access_key="local")
    stubber = Stubber(client)
    listed = [
        {"ZoneName": name, "ZoneId": zone, "State": (states or {}).get(zone, "available")}
        for name, zone in zones.items()
    ]
    stubber.add_response("describe_availability_zones", {"AvailabilityZones": listed}, {"Filters": ANY})
    details = [
        {"ServiceName": f"com.amazonaws.us-east-1.{name}", "AvailabilityZones": offered}
        for name, offered in of_services.items()
    ]
    stubber.add_response("describe_vpc_endpoint_services", {"ServiceDetails": details})
    stubber.activate()
    return client


def test_zones_that_a_service_refuses_are_left_out():
    offered = {"glue": [*ZONES, *MORE_ZONES], "airflow.api": ["us-east-1a", "us-east-1c", "us-east-1d", "us-east-1e"]}
    assert zone_ids(answers(ZONES | MORE_ZONES, offered)) == ["use1-az2", "use1-az4", "use1-az5"]


def test_services_that_are_not_used_refuse_nothing():
    zones = ZONES | MORE_ZONES
    client = answers(zones, {"glue": list(zones), "transfer": ["us-east-1e"]})
    assert zone_ids(client) == ["use1-az1", "use1-az2", "use1-az4"]


def test_impaired_zone_is_left_out():
    zones = ZONES | MORE_ZONES
    client = answers(zones, {"glue": list(zones)}, states={"use1-az1": "impaired"})
    assert zone_ids(client) == ["use1-az2", "use1-az4", "use1-az5"]


def test_too_few_zones_are_one_sentence_with_what_to_do():
    with pytest.raises(DeploymentError, match=r"2 availability zones .*use1-az1, use1-az2.*AvailabilityZoneIds"):
        zone_ids(answers(ZONES, {"glue": list(ZONES)}))
