"""The table `stock_prices`: a log of commits, the highest of which is the table, and a catalog that follows it."""

import json
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.exceptions import ClientError

from lakehouse_aws.errors import LakeError
from lakehouse_aws.hooks.partitions import PartitionsHook
from lakehouse_aws.hooks.stock_files import StockFilesHook, hive_timestamp, resting_key
from lakehouse_aws.stock_keys import (
    COMMIT_PREFIX,
    LEDGER_PREFIX,
    LOADS_PREFIX,
    commit_key,
    commit_number,
    load_folder,
    load_manifest_key,
)

PRICES_TABLE = "stock_prices"
REJECTS_TABLE = "stock_price_rejects"
TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}

Document = dict[str, Any]


class StockCommitsHook(AwsBaseHook):
    """Commits of one lake bucket; the Glue database that shows them."""

    def __init__(self, *args: Any, bucket: str, database: str, **kwargs: Any) -> None:
        super().__init__(*args, client_type="glue", **kwargs)
        self.bucket = bucket
        self.database = database

    @cached_property
    def files(self) -> StockFilesHook:
        return StockFilesHook(
            aws_conn_id=self.aws_conn_id, region_name=self.region_name, verify=self.verify, config=self.config
        )

    def _partitions(self, table: str) -> PartitionsHook:
        return PartitionsHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.config,
            database=self.database,
            table=table,
        )

    def manifest(self, load: str) -> Document:
        """What the Glue job says of a load; raises LakeError for one that the job has not completed."""
        return self.files.read_json(self.bucket, load_manifest_key(load))

    def numbers(self) -> list[int]:
        keys = self.files.list_keys(self.bucket, COMMIT_PREFIX)
        return sorted(number for key in keys if (number := commit_number(key)))

    def commit_of(self, number: int) -> Document:
        return self.files.read_json(self.bucket, commit_key(number))

    def latest(self) -> Document | None:
        """The table as it is; None before the first commit."""
        numbers = self.numbers()
        return self.commit_of(numbers[-1]) if numbers else None

    def publish(self, load: str) -> Document:
        """Commit a load and complete what belongs to it; returns its commit. Repeating it is right, after further
        commits, too: then their table is what the catalog shows.

        Raises LakeError when another load was committed after this one had read the table.
        """
        commit = self._commit(load)
        self.complete(self.latest() or commit)
        return commit

    def _commit(self, load: str) -> Document:
        manifest = self.manifest(load)
        latest = self.latest() or {"commit": 0, "load": None, "partitions": {}}
        base = manifest["base_commit"]
        if latest["commit"] > base and (made := self.commit_of(base + 1))["load"] == load:
            return made
        if latest["commit"] != base:
            raise _conflict(manifest, latest)
        partitions = {
            f"{partition['year']}-{partition['month']}": {**partition, "load": load}
            for partition in manifest["partitions"]
        }
        commit = {
            "commit": latest["commit"] + 1,
            "load": load,
            "run_id": manifest["run_id"],
            "committed_at": datetime.now(UTC).isoformat(),
            "manifest": load_manifest_key(load),
            "partitions": latest["partitions"] | partitions,
        }
        try:
            self.files.conn.put_object(
                Bucket=self.bucket,
                Key=commit_key(commit["commit"]),
                Body=json.dumps(commit, indent=2).encode(),
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in TAKEN:
                raise
            raise _conflict(manifest, self.commit_of(commit["commit"])) from None
        return commit

    def complete(self, commit: Document) -> None:
        """The catalog, the ledger and the files as the commit says; nothing to do when they are."""
        manifest = self.manifest(commit["load"])
        self._partitions(PRICES_TABLE).point_to(
            {(entry["year"], entry["month"]): entry["location"] for entry in commit["partitions"].values()}
        )
        if manifest["rejects"]:
            self._partitions(REJECTS_TABLE).point_to({(commit["load"],): manifest["rejects"]["location"]})
        day = commit["committed_at"][:10]
        self._write_ledger(manifest, day)
        self.files.settle(self.bucket, manifest["claim"], manifest["files"], day)

    def _write_ledger(self, manifest: Document, day: str) -> None:
        lines = [json.dumps(_ledger_line(manifest, file, self.bucket, day)) for file in manifest["files"]]
        self.files.load_string("\n".join(lines) + "\n", f"{LEDGER_PREFIX}{manifest['load']}.json", self.bucket, True)

    def expire(self, older_than: datetime) -> list[str]:
        """Delete folders of loads written before a time that have been in no state of the table since then."""
        locations: set[str] = set()
        for number in reversed(self.numbers()):
            commit = self.commit_of(number)
            locations |= {entry["location"] for entry in commit["partitions"].values()}
            # The first one from before was still the table when that time began.
            if datetime.fromisoformat(commit["committed_at"]) < older_than:
                break
        kept = {load_folder(self.files.parse_s3_url(location)[1]) for location in locations}
        written_at: dict[str, datetime] = {}
        for item in self.files.iter_file_metadata(LOADS_PREFIX, self.bucket):
            folder = load_folder(item["Key"])
            written_at[folder] = max(item["LastModified"], written_at.get(folder, item["LastModified"]))
        expired = sorted(folder for folder, moment in written_at.items() if moment < older_than and folder not in kept)
        for folder in expired:
            self.files.delete_prefix(self.bucket, f"{LOADS_PREFIX}{folder}/")
        return expired


def _conflict(manifest: Document, winner: Document) -> LakeError:
    return LakeError(
        f"Load {manifest['load']} read {PRICES_TABLE} at commit {manifest['base_commit']}, but load {winner['load']} "
        f"has committed {winner['commit']} since: nothing was published, and the next run takes the files again."
    )


def _ledger_line(manifest: Document, file: Document, bucket: str, day: str) -> Document:
    return {
        "file_name": file["name"],
        "size_bytes": file["size"],
        "checksum": file.get("checksum"),
        "arrived_at": hive_timestamp(file["arrived_at"]),
        **{name: file[name] for name in ("status", "reason", "rows_in", "rows_out", "rows_rejected")},
        "rows_superseded": file.get("rows_superseded", 0),
        "months": " ".join(file.get("months", [])),
        "load": manifest["load"],
        "run_id": manifest["run_id"],
        "started_at": hive_timestamp(manifest["started_at"]),
        "finished_at": hive_timestamp(manifest["finished_at"]),
        "location": f"s3://{bucket}/{resting_key(file, day)}",
    }
