"""What a run has written, as tables that can be looked at before they are published."""

from typing import Any

from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.publication import PublicationHook
from lakehouse_contract.quality import candidate_metadata_key


class CandidateHook(PublicationHook):
    """Enters a run's branch of a table into a database of candidates, as a table of the same name.

    Some services read an Iceberg table as the catalog has it, at its main, and at no branch: of Glue Data Quality's
    data source neither GlueTable nor its AdditionalOptions name a version (API reference, DataQualityGlueTable). So
    the branch's head becomes the main of another entry. It has the same files; none is copied, and it removes none.
    """

    def __init__(self, *args: Any, candidate_database: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.candidate_database = candidate_database

    def show(self, run: str, table: str) -> None:
        """Have the candidate of a table be what the run wrote, in the place of another run's.

        Raises LakeError for a run that did not write the table, and where its version has expired.
        """
        from pyiceberg.exceptions import NoSuchTableError

        entry = self.run_document(run)["tables"].get(table)
        if entry is None:
            raise LakeError(f"Run {run} wrote no table {table}: name one of its dataset.")
        location = self._write_metadata(run, table, entry["snapshot_id"])
        identifier = (self.candidate_database, table)
        try:
            self.catalog.drop_table(identifier)
        except NoSuchTableError:
            self.log.info("%s has no candidate of %s yet", self.candidate_database, table)
        self.catalog.register_table(identifier, location)

    def _write_metadata(self, run: str, name: str, snapshot_id: int) -> str:
        """URL of metadata whose main is the snapshot, and that know of no other."""
        from pyiceberg.serializers import ToOutputFile
        from pyiceberg.table.refs import SnapshotRef, SnapshotRefType

        table = self.table(name)
        snapshot = table.metadata.snapshot_by_id(snapshot_id)
        if snapshot is None:
            raise LakeError(f"What run {run} wrote to {name} has expired: run its job again.")
        metadata = table.metadata.model_copy(
            update={
                "current_snapshot_id": snapshot_id,
                "refs": {"main": SnapshotRef(snapshot_id=snapshot_id, snapshot_ref_type=SnapshotRefType.BRANCH)},
                "snapshots": [snapshot],
                "snapshot_log": [],
                "metadata_log": [],
                "statistics": [],
                "properties": table.metadata.properties | {"gc.enabled": "false"},
            }
        )
        location = f"s3://{self.bucket}/{candidate_metadata_key(run, name)}"
        ToOutputFile.table_metadata(metadata, table.io.new_output(location), overwrite=True)
        return location
