"""Writing only what changed: a table whose rows are those that are published stays as it is."""

import logging

from pyspark.sql import DataFrame

from lakehouse_glue.fingerprints import fingerprints
from lakehouse_glue.iceberg import BranchTable, conform

logger = logging.getLogger(__name__)


def write_if_changed(branch: BranchTable, frame: DataFrame, compared: tuple[str, ...] = ()) -> None:
    """Replace the table's rows, in files of even size, sorted within, unless those published are the same.

    `compared`: the columns that tell a row from another; all, where none are given.
    """
    columns = compared or tuple(branch.declaration.types)
    frame = conform(frame, branch.declaration)
    if branch.base_snapshot_id is not None:
        written, published = fingerprints(frame, columns), fingerprints(branch.read_published(), columns)
        if written == published:
            logger.info("%s: no row changed", branch.declaration.name)
            return
    branch.overwrite(frame.hint("rebalance").sortWithinPartitions(*branch.declaration.sort_keys))
