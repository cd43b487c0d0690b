"""Iceberg tables as Glue jobs leave them: each run on a branch of its own, its document last."""

import json
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from botocore.client import BaseClient
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import assign_fresh_schema_ids
from pyiceberg.table import Table
from pyiceberg.table.update import RemoveSnapshotRefUpdate
from pyiceberg.table.update.snapshot import ManageSnapshots
from pyiceberg.transforms import IdentityTransform

from lakehouse_contract.branches import BASE_PROPERTY, RUN_PROPERTY, run_branch
from lakehouse_contract.quality import quality_results_key
from lakehouse_contract.runs import run_document_key


@dataclass
class IcebergLake:
    """A bucket and a Glue database."""

    s3: BaseClient
    catalog: GlueCatalog
    bucket: str
    database: str
    partition_keys: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def table(self, name: str) -> Table:
        return self.catalog.load_table((self.database, name))

    def write_run(
        self, run: str, rows: dict[str, pa.Table | None], *, failed: int | None = 0, **document: Any
    ) -> dict[str, Any]:
        """Write a table's rows to the run's branch in the place of its present ones; None leaves them as they are.

        Of the run's audit so many critical expectations `failed`; None of a run that was not audited.
        """
        entries = {name: self._write_branch(run, name, content) for name, content in rows.items()}
        described = {"run": run, "run_id": f"manual__{run}", "tables": entries} | document
        self.s3.put_object(Bucket=self.bucket, Key=run_document_key(run), Body=json.dumps(described))
        if failed is not None:
            result = {"severity": "critical", "is_successful": False}
            results = json.dumps({"results": [result] * failed})
            self.s3.put_object(Bucket=self.bucket, Key=quality_results_key(run), Body=results)
        return described

    def rows(self, name: str, ref: str = "main") -> pa.Table:
        table = self.table(name)
        return table.scan(snapshot_id=table.metadata.refs[ref].snapshot_id).to_arrow()

    def _write_branch(self, run: str, name: str, content: pa.Table | None) -> dict[str, Any]:
        branch = run_branch(run)
        table = self._table(name, content)
        base = table.current_snapshot()
        properties = {RUN_PROPERTY: run, BASE_PROPERTY: str(base.snapshot_id) if base else ""}
        if base is None:
            # PyIceberg writes the first snapshot to main only.
            with table.transaction() as transaction:
                transaction.append(content, snapshot_properties=properties)
                first = transaction.table_metadata.current_snapshot_id
                ManageSnapshots(transaction).create_branch(first, branch).commit()
                transaction._apply((RemoveSnapshotRefUpdate(ref_name="main"),))
        else:
            table.manage_snapshots().create_branch(base.snapshot_id, branch).commit()
            if content is not None:
                table.overwrite(content, snapshot_properties=properties, branch=branch)
        head = table.metadata.refs[branch].snapshot_id
        rows = (self.rows(name, branch) if content is None else content).num_rows
        return {"rows": rows, "base_snapshot_id": base.snapshot_id if base else None, "snapshot_id": head}

    def _table(self, name: str, content: pa.Table | None) -> Table:
        try:
            return self.table(name)
        except NoSuchTableError:
            schema = assign_fresh_schema_ids(self.catalog._convert_schema_if_needed(content.schema))
            fields = [schema.find_field(key) for key in self.partition_keys.get(name, ())]
            spec = PartitionSpec(
                *(
                    PartitionField(key.field_id, 1000 + number, IdentityTransform(), key.name)
                    for number, key in enumerate(fields)
                )
            )
            location = f"s3://{self.bucket}/analytics/{name}"
            return self.catalog.create_table((self.database, name), schema, location=location, partition_spec=spec)
