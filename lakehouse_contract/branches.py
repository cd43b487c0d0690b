"""Names of the branches that runs write, and of the tags that mark what was published.

A run's branch, and the tag of its publication, have the same name in every table that the run writes, so one name
selects a consistent version of all of them.
"""

import re

MAIN = "main"
RUN_PREFIX = "run_"
PUBLISHED_PREFIX = "published_"
# Snapshot properties of a run's commits: who wrote it, and what main was when its branch began.
RUN_PROPERTY = "lakehouse.run"
BASE_PROPERTY = "lakehouse.base-snapshot-id"
# Table properties that each publication and each rollback sets in the commit that moves main: the tag of what is
# published, the tag of what was published before it, and the moment, by which one publication is told from the next.
PUBLISHED_PROPERTY = "lakehouse.published"
PUBLISHED_BEFORE_PROPERTY = "lakehouse.published-before"
PUBLISHED_AT_PROPERTY = "lakehouse.published-at"
# Table property that each claim of files sets, before anything is done with them: a fencing token. A run of an earlier
# claim, of which nothing is published yet, is not published any more.
CLAIMED_AT_PROPERTY = "lakehouse.claimed-at"

_RUN = re.compile(r"[A-Za-z0-9_-]{1,200}")


def run_branch(run: str) -> str:
    """The branch that a run writes, from the id of its Glue job run; raises ValueError for what cannot be an id."""
    return f"{RUN_PREFIX}{checked_run(run)}"


def published_tag(run: str) -> str:
    """The tag of a run's published version."""
    return f"{PUBLISHED_PREFIX}{checked_run(run)}"


def run_of(name: str) -> str:
    """The run of a branch or tag; raises ValueError for a name that no run gave."""
    for prefix in (RUN_PREFIX, PUBLISHED_PREFIX):
        if name.startswith(prefix):
            return checked_run(name.removeprefix(prefix))
    raise ValueError(f"{name!r} is neither a run's branch nor the tag of a publication.")


def checked_run(run: str) -> str:
    """The id of a run; raises ValueError for what cannot be one."""
    if not _RUN.fullmatch(run):
        raise ValueError(f"{run!r} is not the id of a run: it is a Glue job run id such as jr_0a1b2c.")
    return run
