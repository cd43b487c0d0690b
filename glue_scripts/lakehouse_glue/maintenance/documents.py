"""Documents of runs: they go when no version that the run has written is left."""

import json
import logging
from collections.abc import Callable, Collection, Set
from datetime import datetime

from lakehouse_contract.quality import quality_results_key
from lakehouse_contract.runs import RUNS_PREFIX
from lakehouse_glue.lake import Lake, SmallObjects

logger = logging.getLogger(__name__)


def remove_documents(
    lake: Lake,
    objects: SmallObjects,
    tables: Collection[str],
    runs_in: Callable[[str], Set[str]],
    written_before: datetime,
) -> list[str]:
    """Remove the documents of runs that wrote one of the tables, and the results of their audits; returns the runs.

    A run of which any of its tables has a tag, a branch or a snapshot keeps both. The document goes last, so that what
    was interrupted is found again.

    :param runs_in: the runs whose versions a table has
    """
    removed = []
    for key, written_at in objects.list(RUNS_PREFIX):
        if written_at >= written_before:
            continue
        try:
            document = json.loads(lake.read(key))
        except FileNotFoundError:
            continue
        run, written = document["run"], document["tables"].keys()
        if written.isdisjoint(tables) or any(run in runs_in(table) for table in written):
            continue
        objects.delete(quality_results_key(run))
        objects.delete(key)
        removed.append(run)
    logger.info("Documents of %d runs were removed", len(removed))
    return removed
