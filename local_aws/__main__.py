"""The endpoint's process. What is to be done at its end is done, and the modules are left as they are: to take them
apart costs half a second of processor time.
"""

import atexit
import os
import sys
import threading

from local_aws.server import serve

serve()
# As Python does it, in this order.
threading._shutdown()
atexit._run_exitfuncs()
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)
