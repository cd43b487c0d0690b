"""The archive of raw files: each run's extraction, kept as it was for a replay."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from lakehouse_aws.errors import LakeError
from lakehouse_aws.lake import PARALLEL_REQUESTS
from lakehouse_aws.object_moves import ObjectMovesHook
from lakehouse_contract.raw_archive import (
    ARCHIVE_PREFIX,
    CHANGED_BY_DMS,
    EXTRACTION_PREFIXES,
    MANIFEST_NAME,
    RAW_PREFIX,
    ArchiveError,
    ArchiveManifest,
    Extraction,
    RawFile,
    archive_prefix,
    archive_run,
    load_date_prefix,
)
from lakehouse_contract.s3_errors import GONE, REPLACED, error_code

CHANGED_BY_DMS_PREFIX = f"{RAW_PREFIX}{CHANGED_BY_DMS}/"
MOST_NAMED_FILES = 3


class RawArchiveHook(ObjectMovesHook):
    """Reads and writes archives in the raw bucket."""

    def raw_files(self, bucket: str, table_prefixes: Mapping[str, str]) -> list[RawFile]:
        """The files of an extraction below `raw/`, in order; one of no table has the table "".

        :param table_prefixes: where each table lies, by its name
        """
        prefixes = {**table_prefixes, CHANGED_BY_DMS: CHANGED_BY_DMS_PREFIX}

        def table_of(key: str) -> str:
            return next((table for table, prefix in prefixes.items() if key.startswith(prefix)), "")

        return sorted(self._extracted_files(bucket, table_of))

    def archive(self, bucket: str, extraction: Extraction, run_id: str) -> ArchiveManifest:
        """Copy the extracted files into the run's archive, unless it is complete.

        Raises LakeError when `raw/` holds other files than the run extracted: these are another run's.
        """
        run = archive_run(run_id, extraction.files)
        target = archive_prefix(extraction.load_date, run)
        if complete := self._read_manifest(bucket, target + MANIFEST_NAME):
            self.log.info("s3://%s/%s is complete since %s.", bucket, target, complete.created_at)
            return complete
        self._check_raw_files(bucket, extraction, run_id)
        files = self._copy(bucket, extraction.files, target, run_id)
        manifest = ArchiveManifest(
            run=run,
            run_id=run_id,
            load_date=extraction.load_date,
            created_at=datetime.now(UTC).isoformat(),
            tables=extraction.tables,
            files=tuple(files),
        )
        return self._write_manifest(bucket, manifest)

    def find(self, bucket: str, load_date: str, run: str = "") -> ArchiveManifest:
        """The archive of a run, or the latest complete one of the day.

        Raises LakeError when there is none, naming those that are not complete.
        """
        try:
            prefix = archive_prefix(load_date, run) if run else load_date_prefix(load_date)
        except ArchiveError as error:
            raise LakeError(str(error)) from None
        folders = [prefix] if run else self.list_prefixes(bucket, prefix, delimiter="/")
        found = {folder: self._read_manifest(bucket, folder + MANIFEST_NAME) for folder in folders}
        complete = [manifest for manifest in found.values() if manifest]
        if not complete:
            unfinished = f" ({', '.join(found)} is without a manifest: its copy was not finished)" if folders else ""
            raise LakeError(
                f"There is no complete archive in s3://{bucket}/{prefix}{unfinished}: choose a day that "
                "financial_warehouse_daily has archived."
            )
        return max(complete, key=lambda manifest: datetime.fromisoformat(manifest.created_at))

    def _check_raw_files(self, bucket: str, extraction: Extraction, run_id: str) -> None:
        expected = {file.key: (file.size, file.etag) for file in extraction.files}
        found = {file.key: (file.size, file.etag) for file in self._extracted_files(bucket)}
        differing = sorted(key for key in expected | found if expected.get(key) != found.get(key))
        if differing:
            raise _other_files(bucket, run_id, differing)

    def _copy(self, bucket: str, files: tuple[RawFile, ...], target: str, run_id: str) -> list[RawFile]:
        """The files in the archive. What an interrupted try has copied is not copied again where its ETag tells so."""
        copied = {file.key: file.etag for file in self._files(bucket, target)}

        def copy_file(file: RawFile) -> None:
            key = _archived_key(file, target)
            if copied.get(key) == file.etag:
                return
            try:
                self.copy(bucket, file.key, key, file.etag, file.size)
            except ClientError as error:
                if error_code(error) in GONE | REPLACED:
                    raise _other_files(bucket, run_id, [file.key]) from None
                raise

        with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            list(pool.map(copy_file, files))
        # S3 copies an object of many parts as one, which gets another ETag: the archive's are asked for.
        archived = {file.key: file for file in self._files(bucket, target)}
        copies = [replace(file, key=_archived_key(file, target)) for file in files]
        return [replace(copy, etag=archived[copy.key].etag) for copy in copies]

    def _extracted_files(self, bucket: str, table_of: Callable[[str], str] = lambda _key: "") -> list[RawFile]:
        return [file for prefix in EXTRACTION_PREFIXES for file in self._files(bucket, prefix, table_of)]

    def _files(self, bucket: str, prefix: str, table_of: Callable[[str], str] = lambda _key: "") -> list[RawFile]:
        return [
            RawFile(table_of(item["Key"]), item["Key"], item["Size"], item["ETag"].strip('"'))
            for item in self.iter_file_metadata(prefix, bucket)
            if not item["Key"].endswith("/")
        ]

    def _read_manifest(self, bucket: str, key: str) -> ArchiveManifest | None:
        try:
            return ArchiveManifest.from_json(self.conn.get_object(Bucket=bucket, Key=key)["Body"].read())
        except ClientError as error:
            if error_code(error) in GONE:
                return None
            raise
        except ArchiveError as error:
            raise LakeError(f"s3://{bucket}/{key} cannot be used. {error}") from None

    def _write_manifest(self, bucket: str, manifest: ArchiveManifest) -> ArchiveManifest:
        """The manifest that stands: this one, or that of another try of the task, which copied the same files."""
        try:
            self.conn.put_object(
                Bucket=bucket,
                Key=manifest.key,
                Body=manifest.to_json().encode(),
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error_code(error) in REPLACED and (standing := self._read_manifest(bucket, manifest.key)):
                return standing
            raise
        return manifest


def _archived_key(file: RawFile, target: str) -> str:
    return target + file.key.removeprefix(RAW_PREFIX)


def _other_files(bucket: str, run_id: str, keys: list[str]) -> LakeError:
    named = ", ".join(keys[:MOST_NAMED_FILES]) + (", …" if len(keys) > MOST_NAMED_FILES else "")
    return LakeError(
        f"s3://{bucket}/{RAW_PREFIX} holds other files than the run {run_id} extracted ({named}): another extraction "
        f"has replaced them, so they are not archived as this run's. Replay the day from its archive below "
        f"{ARCHIVE_PREFIX}, or clear the tasks of extract, too."
    )
