"""Full loads of AWS DMS: started, attached to, judged and stopped."""

from datetime import datetime
from pathlib import Path

from airflow.providers.amazon.aws.hooks.dms import DmsHook
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from lakehouse_aws.dms.full_load import FullLoad, ReplicationTask, ServerlessReplication, full_name, load_faults
from lakehouse_aws.sessions import SharedSessionHook


class DmsFullLoadError(AirflowException):
    """A full load that ended without every table loaded."""


class NoDmsFullLoadError(DmsFullLoadError, AirflowFailException):
    """A full load that the account does not have: a retry would not find it either."""


class NotTheLastFullLoadError(AirflowFailException):
    """What a full load wrote has been replaced by a later one."""


class DmsFullLoadHook(SharedSessionHook, DmsHook):
    """Full loads known by their identifier: of a replication task, or of a serverless replication's configuration."""

    @property
    def waiter_path(self) -> Path:
        return Path(__file__).parent / "waiters.json"

    def find(self, identifier: str) -> FullLoad:
        """Raises NoDmsFullLoadError when the account has no such load."""
        for kind in (ReplicationTask, ServerlessReplication):
            if load := kind.find(self.conn, identifier):
                return load
        raise NoDmsFullLoadError(
            f"There is no DMS replication task and no serverless replication {identifier!r} in "
            f"{self.conn_region_name}: deploy the CloudFormation stack or correct the identifier."
        )

    def start_or_attach(self, identifier: str) -> FullLoad:
        """Start the load unless it is under way, and test its connections where DMS asks for that first."""
        load = self.find(identifier)
        if load.is_active:
            self.log.info("%s is already %s: waiting for that load.", identifier, load.status)
        else:
            self.log.info("Starting %s, which is %s.", identifier, load.status)
            self._start(load, identifier)
        return load

    def _start(self, load: FullLoad, identifier: str) -> None:
        """The tests are waited for in place: they take a minute at most, and once in the life of an endpoint."""
        try:
            load.start()
        except self.conn.exceptions.InvalidResourceStateFault as fault:
            if load.connections is None or load.connections.are_tested:
                raise
            self.log.info("DMS refused: %s. Testing the connections of %s.", fault, identifier)
            faults = load.connections.test()
            if faults:
                raise DmsFullLoadError(f"The full load {identifier} cannot start: {'; '.join(faults)}.") from None
            load.start()

    def stop_if_active(self, identifier: str) -> None:
        load = self.find(identifier)
        if load.is_active:
            load.stop()

    def finished_load(self, identifier: str) -> tuple[FullLoad, dict[str, int]]:
        """The load that finished, and its rows by `schema.table`.

        Raises DmsFullLoadError unless the load finished and every table was loaded: by default DMS suspends a table
        that fails and stops as if nothing had happened.
        """
        load = self.find(identifier)
        tables = load.table_statistics()
        faults = load_faults(load, tables)
        if faults:
            raise DmsFullLoadError(f"The full load {identifier} failed: {'; '.join(faults)}.")
        return load, {full_name(table): table["FullLoadRows"] for table in tables}

    def check_is_last(self, identifier: str, ended_at: str) -> None:
        """Raises NotTheLastFullLoadError when another load has begun since the one that ended then.

        :param ended_at: as `FullLoad.ended_at` said it, in ISO 8601
        """
        load = self.find(identifier)
        if load.is_active or load.ended_at != datetime.fromisoformat(ended_at):
            raise NotTheLastFullLoadError(
                f"The full load {identifier} of this run ended at {ended_at}, and another one has replaced its files "
                f"since ({load.status}, ended at {load.ended_at}): clear the tasks of extract, too, to load what the "
                "sources hold today, or replay the day from its archive."
            )
