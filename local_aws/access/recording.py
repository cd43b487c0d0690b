"""What roles were asked about, so that a run of the pipelines tells which permissions it needs.

One line of JSON in `access.jsonl` per role, action, resource, values and decision:
`{"role": name, "action": …, "resource": ARN, "context": {key: value}, "allowed": true}`. Of the context's values those
that are another for each request are left out, and the session's own user id is written as the policy variable.
"""

import json
import threading
from collections import OrderedDict
from typing import TextIO

from local_aws.access.policies.evaluation import Request
from local_aws.access.principals import RoleSession
from local_aws.settings import endpoint_settings

FILE_NAME = "access.jsonl"
EARLIER_FILE_NAME = "access.earlier.jsonl"
FILE_BYTES = 64 * 1024 * 1024
REMEMBERED = 65536
OWN_USER_ID = "${aws:userid}"
PASSING_KEYS = frozenset(
    {"aws:currenttime", "aws:epochtime", "aws:referer", "aws:sourceip", "aws:tokenissuetime", "aws:useragent"}
)


class _Recording:
    """Of what is written twice the newest are remembered; a file that is full becomes the earlier one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written: OrderedDict[int, None] = OrderedDict()
        self._file: TextIO | None = None

    def add(self, line: str) -> None:
        with self._lock:
            key = hash(line)
            if key in self._written:
                return
            self._written[key] = None
            if len(self._written) > REMEMBERED:
                self._written.popitem(last=False)
            file = self._opened()
            file.write(line)
            file.flush()

    def _opened(self) -> TextIO:
        path = endpoint_settings().data_directory / FILE_NAME
        if self._file is not None and self._file.tell() > FILE_BYTES:
            self._file.close()
            path.replace(path.with_name(EARLIER_FILE_NAME))
            self._file = None
        if self._file is None:
            self._file = path.open("a", encoding="utf-8")
        return self._file


_recording = _Recording()


def record(session: RoleSession, request: Request, *, is_allowed: bool) -> None:
    """Write the decision down unless it was."""
    context = {
        key: OWN_USER_ID if value == session.user_id else value
        for key, value in sorted(request.values.items())
        if key not in PASSING_KEYS
    }
    line = {
        "role": session.role_name,
        "action": request.action,
        "resource": request.resource,
        "context": context,
        "allowed": is_allowed,
    }
    _recording.add(json.dumps(line) + "\n")
