import pytest

from lakehouse_contract.raw_archive import (
    ArchiveError,
    ArchiveManifest,
    Extraction,
    RawFile,
    archive_prefix,
    archive_run,
    prefix_of_manifest,
)

FILE = RawFile("customers", "raw/rds/public/customers/LOAD00000001.parquet", 7, "0a1b")
RUN_ID = "scheduled__2026-11-20T05:00:00+00:00"
COUNTS = {"customers": {"source_rows": 2, "raw_rows": 2}}


def test_an_archive_is_named_by_its_run_as_a_key_may_have_it():
    name = archive_run(RUN_ID, [FILE])
    assert name.startswith("scheduled__2026-11-20T05_00_00_00_00-")
    assert archive_prefix("2026-11-20", name) == f"archive/load_date=2026-11-20/run={name}/"


@pytest.mark.parametrize(
    ("run_id", "files"),
    [
        ("scheduled__2026-11-20T05:00:00-00:00", [FILE]),
        (RUN_ID, [RawFile(FILE.table, FILE.key, FILE.size, "other content of the same size")]),
        (RUN_ID, []),
    ],
)
def test_another_run_or_another_extraction_is_another_archive(run_id, files):
    assert archive_run(run_id, files) != archive_run(RUN_ID, [FILE])


def test_the_order_in_which_files_were_listed_does_not_matter():
    other = RawFile("accounts", "raw/rds/public/accounts/LOAD00000001.parquet", 7, "0a1b")
    assert archive_run(RUN_ID, [FILE, other]) == archive_run(RUN_ID, [other, FILE])


def test_documents_come_back_as_they_were():
    manifest = ArchiveManifest("run-1", RUN_ID, "2026-11-20", "2026-11-20T05:10:00+00:00", COUNTS, (FILE,))
    extraction = Extraction("2026-11-20", COUNTS, (FILE,))
    assert ArchiveManifest.from_json(manifest.to_json()) == manifest
    assert Extraction.from_document(extraction.document()) == extraction
    assert prefix_of_manifest(manifest.key) == archive_prefix("2026-11-20", "run-1")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": [{"key": 1}]}', '{"files": [], "run": "a"}'])
def test_what_is_no_manifest_is_refused(text):
    with pytest.raises(ArchiveError, match="no manifest of an archive"):
        ArchiveManifest.from_json(text)


@pytest.mark.parametrize(("load_date", "run"), [("yesterday", "a"), ("2026-11-20", "../a"), ("2026-11-20", "")])
def test_what_is_no_name_of_an_archive_leads_to_no_folder(load_date, run):
    with pytest.raises(ArchiveError):
        archive_prefix(load_date, run)


@pytest.mark.parametrize("key", ["", "archive/load_date=2026-11-20/manifest.json", "raw/manifest.json"])
def test_what_is_no_key_of_a_manifest_is_refused(key):
    with pytest.raises(ArchiveError, match="not the key of an archive's manifest"):
        prefix_of_manifest(key)
