"""The log of a task in CloudWatch Logs: group dms-tasks-<replication instance>, a stream per task."""

from dataclasses import dataclass
from datetime import UTC, datetime

from moto.logs.models import LogsBackend, logs_backends


@dataclass(frozen=True)
class TaskLog:
    """Nothing is written when the task's logging is off."""

    account_id: str
    region_name: str
    group: str
    stream: str
    is_enabled: bool

    def _backend(self) -> LogsBackend:
        backend = logs_backends[self.account_id][self.region_name]
        if self.group not in backend.groups:
            backend.create_log_group(self.group, {})
        backend.ensure_log_stream(self.group, self.stream)
        return backend

    def write(self, level: str, message: str, component: str = "TASK_MANAGER") -> None:
        """`level` is I, W or E. Lines have the form that DMS's documentation shows, component and level first."""
        if self.is_enabled:
            moment = datetime.now(UTC)
            text = f"{moment:%Y-%m-%dT%H:%M:%S:%f} [{component}] {level}: {message}"
            event = {"timestamp": int(moment.timestamp() * 1000), "message": text}
            self._backend().put_log_events(self.group, self.stream, [event])
