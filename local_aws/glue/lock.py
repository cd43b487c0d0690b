"""One lock for the state of Glue.

Held by every request, and by jobs and crawlers while they change what a request reads: nobody sees half a change, and a
stop cannot cross an end.
"""

from threading import RLock

glue_lock = RLock()
