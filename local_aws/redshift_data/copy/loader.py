"""COPY: finds the files of the prefix or manifest and loads them in the statement's transaction."""

from datetime import UTC, datetime

from local_aws.redshift_data.copy.command import CopyCommand
from local_aws.redshift_data.copy.parquet_files import load_parquet
from local_aws.redshift_data.copy.source import source_files
from local_aws.redshift_data.copy.target_table import target_table
from local_aws.redshift_data.copy.text_files import load_text
from local_aws.redshift_data.exceptions import StatementError
from local_aws.redshift_data.statements.session import Session


def load(session: Session, command: CopyCommand) -> int:
    """Load all files or none; returns the number of rows."""
    started = datetime.now(UTC).replace(tzinfo=None)
    with session.acting_as_iam_role(command.iam_role or "default"):
        return _load(session, command, started)


def _load(session: Session, command: CopyCommand, started: datetime) -> int:
    if command.region and command.region != session.target.region_name:
        raise StatementError(f"ERROR: The bucket is in {session.target.region_name}, not in {command.region}.")
    table = target_table(session, command)
    files = source_files(command)
    errors = 0
    if command.file_format == "PARQUET":
        rows = load_parquet(session, command, table, files)
    else:
        rows, errors = load_text(session, command, table, files, started)
    session.record_load(
        started,
        table_name=table.name,
        data_source=command.source,
        file_format=command.file_format.lower(),
        loaded_rows=rows,
        loaded_bytes=sum(file.path.stat().st_size for file in files),
        source_file_count=len(files),
        error_count=errors,
    )
    return rows
