"""The lock of the local Lambda's state: requests, invocations and pollers come in threads of their own."""

import threading

lambda_lock = threading.RLock()
