"""The executor of the local Airflow: the LocalExecutor with a race of Airflow 3.2.1 taken out, and mortal workers."""

import ctypes
import os
import signal
from typing import TYPE_CHECKING, Any

from airflow.executors.local_executor import LocalExecutor
from airflow.utils.state import TaskInstanceState
from typing_extensions import override

if TYPE_CHECKING:
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.taskinstancekey import TaskInstanceKey

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class StackExecutor(LocalExecutor):
    """Lets a resumed task go on whose deferral it reports late.

    A task that defers ends its process, which the executor reports as a success of that try. When the trigger fires
    before the scheduler reads the report, the scheduler finds the same try scheduled, queued or running again, takes
    the task for killed from outside and fails the try: apache/airflow 66374 (mended in 3.2.2 for `scheduled`), 67287
    (`queued`) and 72716 (`running`, open in 3.3.1). `next_method` stays set from the deferral to the end of the try, so
    a success reported of an unfinished try that has one is always such a late report.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reported_successes: set[TaskInstanceKey] = set()

    @override
    def start(self) -> None:
        """Workers and their tasks end with the process that forked them.

        Otherwise they wait for ever for the next task of a scheduler that was killed, and a task goes on beside its
        own retry.
        """
        parent = os.getpid()

        def remember_parent() -> None:
            nonlocal parent
            parent = os.getpid()

        os.register_at_fork(before=remember_parent, after_in_child=lambda: _end_with(parent))
        super().start()

    @override
    def get_event_buffer(self, dag_ids: list[str] | None = None) -> dict[Any, Any]:
        events = super().get_event_buffer(dag_ids)
        self._reported_successes = {key for key, (state, _) in events.items() if state == TaskInstanceState.SUCCESS}
        return events

    @override
    def has_task(self, task_instance: "TaskInstance") -> bool:
        is_resumed = task_instance.next_method is not None and task_instance.key in self._reported_successes
        return is_resumed or super().has_task(task_instance)


def _end_with(parent: int) -> None:
    """See prctl(2): the signal comes when the parent ends; it does not come when that has happened already."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
