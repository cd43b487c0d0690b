"""What EventBridge is told of the end of a full load.

Source: AWS DMS user guide, Amazon EventBridge event categories and event messages; events of serverless replications as
they have been seen: detail-type `DMS Replication State Change`, type REPLICATION_CONFIG.
"""

from local_aws.dms.task import FullLoad
from local_aws.events import announce_event


def announce_end(load: FullLoad) -> None:
    _, _, _, region_name, account_id, kind, _ = load.arn.split(":", 6)
    is_failed = load.status == "failed"
    end = "FAILED" if is_failed else "STOPPED"
    reason = load.last_failure_message if is_failed else load.stop_reason
    is_task = kind == "task"
    event_type = "REPLICATION_TASK" if is_task else "REPLICATION"
    detail = {
        "type": "REPLICATION_TASK" if is_task else "REPLICATION_CONFIG",
        "category": "Failure" if is_failed else "StateChange",
        "eventType": f"{event_type}_{end}",
        "detailMessage": f"{'Replication task' if is_task else 'Replication'} has {end.lower()}. {reason}",
    }
    detail_type = f"DMS Replication {'Task ' if is_task else ''}State Change"
    announce_event("aws.dms", detail_type, detail, [load.arn], account_id, region_name)
