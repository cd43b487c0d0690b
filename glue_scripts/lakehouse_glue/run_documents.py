"""Writing and reading run documents: the last thing that a run writes, so what it says of a branch is whole."""

import json
from typing import Any

from lakehouse_contract.runs import RunDocument, run_document_key
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.lake import Lake


def write_run_document(lake: Lake, document: RunDocument) -> None:
    content = json.dumps(document, indent=2).encode()
    lake.write(run_document_key(document["run"]), content, "application/json")


def read_run_document(lake: Lake, run: str) -> Any:
    """Raises BadInputError for a run that did not finish."""
    key = run_document_key(run)
    try:
        return json.loads(lake.read(key))
    except FileNotFoundError:
        raise BadInputError(f"The run {run} has no document {lake.root}/{key}: its job did not finish.") from None
