"""Starts the Java of an engine and keeps it: runs under the launcher, so that the Java ends with the endpoint.

Argument: the file that gets the port and the secret of the Java's gateway.
"""

import sys
from pathlib import Path

from pyspark.java_gateway import launch_gateway


def main() -> None:
    gateway = launch_gateway()
    connection = Path(sys.argv[1])
    unfinished = connection.with_suffix(".unfinished")
    unfinished.write_text(f"{gateway.gateway_parameters.port} {gateway.gateway_parameters.auth_token}")
    unfinished.rename(connection)
    sys.exit(gateway.proc.wait())


if __name__ == "__main__":
    main()
