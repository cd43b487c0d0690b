"""Errors of real sources: which of them are no fault of the data."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from lakehouse_glue.errors import OutageError
from lakehouse_glue.outages import outage_of, outages_marked


def fail_in_a_worker(spark, error):
    def fail(_batches):
        raise error
        yield

    spark.range(1).mapInArrow(fail, "id long").collect()


def caught(action, *arguments):
    try:
        action(*arguments)
    except Exception as error:
        return error
    raise AssertionError("nothing failed")


def denied():
    answer = {"Error": {"Code": "AccessDenied", "Message": "No."}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    return ClientError(answer, "PutObject")


def test_errors_of_services_are_outages_wherever_they_come_up(spark):
    unreachable = EndpointConnectionError(endpoint_url="https://s3")
    assert outage_of(unreachable) == 'EndpointConnectionError: Could not connect to the endpoint URL: "https://s3"'
    assert outage_of(denied()).startswith("ClientError: An error occurred (AccessDenied)")
    assert "EndpointConnectionError" in outage_of(caught(fail_in_a_worker, spark, unreachable))
    assert "ConnectException" in outage_of(caught(spark._jvm.java.net.Socket, "127.0.0.1", 1))


def test_other_errors_are_none_whatever_their_messages_hold(spark):
    looks_like_one = ValueError("AccessDenied.csv: botocore.exceptions.EndpointConnectionError: SlowDown")
    assert outage_of(looks_like_one) is None
    assert outage_of(caught(fail_in_a_worker, spark, looks_like_one)) is None


def test_outage_ends_in_one_line_with_the_mark():
    with (
        pytest.raises(OutageError, match=r"^\[mark\] ClientError: An error occurred") as marked,
        outages_marked("[mark]"),
    ):
        raise RuntimeError("the commit failed\n") from denied()
    assert "\n" not in str(marked.value)
    with pytest.raises(ValueError, match="bad row"), outages_marked("[mark]"):
        raise ValueError("bad row")
