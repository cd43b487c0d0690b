"""The claim that the job is given: the files that one run has taken out of the landing prefix."""

from lakehouse_contract.arrivals.claims import Claim, attempt_key
from lakehouse_contract.arrivals.kinds import Arrivals
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.lake import Lake


def read_claim(lake: Lake, key: str) -> Claim:
    """The claim whose description lies at a key of the lake."""
    try:
        return Claim.from_json(lake.read(key))
    except FileNotFoundError:
        raise BadInputError(
            f"There is no claim at {lake.root}/{key}: pass the key of a claim.json. Where a run is repeated, its files "
            "were put away, or a later run has claimed them: clear claim_files, too, to take what is there."
        ) from None


def record_attempt(lake: Lake, arrivals: Arrivals, claim: Claim, run: str) -> None:
    """Say that a job run begins with the files of a claim: if it fails then, it may be by what they hold."""
    lake.write(attempt_key(arrivals, claim.claim_id, run), b"{}", "application/json")
