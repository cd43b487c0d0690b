"""Runs of claims that were not audited, or failed their audit, are not published."""

from contextlib import nullcontext

import pytest
from lakehouse_aws.errors import LakeError

from lakehouse_contract.arrivals.claims import claim_of
from tests.plugins.arrivals_lake import FEW_SALES_FILES
from tests.plugins.claim_runs import claim_files, publish, record_attempt


@pytest.mark.parametrize("kind", [FEW_SALES_FILES])
def test_a_run_that_was_not_audited_is_not_published_and_its_files_are_in_the_next_claim(arrivals_lake, arrive):
    arrive("jr_1", [1], audit_failures=None)
    with pytest.raises(LakeError, match=r"Run jr_1 is not published: it was not audited\."):
        publish(arrivals_lake, "jr_1")
    assert arrivals_lake.published() == {}
    assert [file["name"] for file in arrivals_lake.claimed_files(claim_files(arrivals_lake))] == ["jr_1.csv"]


@pytest.mark.parametrize("kind", [FEW_SALES_FILES])
def test_a_file_whose_rows_fail_every_audit_holds_up_no_other_and_waits_in_a_claim_of_its_own(
    arrivals_lake, monkeypatch
):
    run_that_ended = {"JobRun": {"JobRunState": "SUCCEEDED"}}
    monkeypatch.setattr(arrivals_lake.files.glue.conn, "get_job_run", lambda **_named: run_that_ended)

    def ingest(run, *, is_mended=False):
        claim = arrivals_lake.claim(run)
        record_attempt(arrivals_lake, claim, run)
        files = arrivals_lake.claimed_files(claim)
        failures = 0 if is_mended else sum(file["name"] == "bad.csv" for file in files)
        arrivals_lake.load(run, claim_of(arrivals_lake.arrivals, claim["claim"]), files, [1], audit_failures=failures)
        with nullcontext() if not failures else pytest.raises(LakeError, match="expectations of its audit failed"):
            publish(arrivals_lake, run)
        return [file["name"] for file in files]

    for name in ("bad.csv", "z.csv"):
        arrivals_lake.drop(name, name.encode())
    tried = [ingest(f"jr_{number}") for number in range(6)]
    assert tried[:2] == [["bad.csv", "z.csv"]] * 2
    assert sorted(tried[2:4]) == [["bad.csv"], ["z.csv"]]
    assert tried[4:] == [["bad.csv"]] * 2
    arrivals_lake.drop("fresh.csv", b"fresh")
    assert [ingest(f"jr_{number}") for number in (6, 7)] == [["fresh.csv"], ["bad.csv"]]
    assert arrivals_lake.names("processed/") == ["fresh.csv", "z.csv"]
    assert arrivals_lake.keys("quarantine/") == []
    assert ingest("mended", is_mended=True) == ["bad.csv"]
    assert arrivals_lake.names("processed/") == ["bad.csv", "fresh.csv", "z.csv"]
