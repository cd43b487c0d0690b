"""Logging of the jobs: progress on the output stream, which Glue keeps in /aws-glue/jobs/output."""

import logging
import sys


def configure_logging() -> None:
    """The jobs' own lines from INFO, those of libraries from ERROR."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s")
    for name in ("lakehouse_glue", "__main__"):
        logging.getLogger(name).setLevel(logging.INFO)
