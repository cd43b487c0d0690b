"""Log events go when the retention of their group is over."""

import time

DAY = 24 * 3600 * 1000


def test_events_that_are_older_than_the_groups_retention_go(aws) -> None:
    logs, now = aws("logs"), int(time.time() * 1000)
    place = {"logGroupName": "/kept/for/days", "logStreamName": "s"}
    logs.create_log_group(logGroupName=place["logGroupName"])
    logs.create_log_stream(**place)
    events = [{"timestamp": now - days * DAY, "message": f"{days} days"} for days in (9, 6, 0)]
    logs.put_log_events(**place, logEvents=events)
    logs.put_retention_policy(logGroupName=place["logGroupName"], retentionInDays=7)
    logs.put_log_events(**place, logEvents=[{"timestamp": now, "message": "new"}])
    kept = [event["message"] for event in logs.get_log_events(**place, startFromHead=True)["events"]]
    assert sorted(kept) == ["0 days", "6 days", "new"]
    logs.delete_log_group(logGroupName=place["logGroupName"])
