"""Held by requests, by the evaluation of alarms, and while the state is read for the disk."""

import threading

cloudwatch_lock = threading.RLock()
