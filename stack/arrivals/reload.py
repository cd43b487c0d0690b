"""Has files that were processed or quarantined loaded again, though their content is known."""

from botocore.exceptions import ClientError

from lakehouse_contract.arrivals.files import reason_key
from lakehouse_contract.arrivals.kinds import Arrivals
from lakehouse_contract.arrivals.ledger import QUARANTINED
from stack import aws
from stack.arrivals.ledger import LedgerRow, last_arrival
from stack.arrivals.names import COMMANDS
from stack.errors import StackError
from stack.settings import StackSettings


def find_arrivals(settings: StackSettings, arrivals: Arrivals, names: list[str]) -> list[LedgerRow]:
    """Of each name the file that arrived last. Raises StackError for a name that no file had."""
    rows = []
    for name in names:
        row = last_arrival(settings, arrivals, name)
        if row is None:
            command = f"lakehouse {COMMANDS[arrivals]} status"
            raise StackError(f"No file called {name} has arrived: `{command}` shows the last ones.")
        rows.append(row)
    return rows


def reload(settings: StackSettings, arrivals: Arrivals, rows: list[LedgerRow]) -> None:
    """Copy the files from where they stay into the landing prefix; what was in quarantine leaves it.

    Raises StackError for a file that is not where the ledger has it.
    """
    s3 = aws.client("s3", settings)
    for row in rows:
        bucket, _, key = row.location.removeprefix("s3://").partition("/")
        try:
            s3.copy({"Bucket": bucket, "Key": key}, bucket, arrivals.reload_prefix + row.file_name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"404", "NoSuchKey"}:
                raise
            raise StackError(f"{row.file_name} is not at {row.location} any more: drop it again.") from error
        if row.status == QUARANTINED:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": reason_key(key)}]})
