"""The endpoint's process, of which the start and the end are made short."""

import atexit
import gc
import os
import sys
import threading


def main() -> None:
    # Nothing of what is imported and loaded is garbage: to look for some takes a tenth of the start.
    gc.disable()
    from local_aws.server import serve

    serve()
    # As Python ends, but for taking all modules apart, which takes half a second.
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


main()
