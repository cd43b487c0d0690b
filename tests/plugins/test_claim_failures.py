"""Claims on which the job fails, with runs of a real job: the file is found and put aside, the others are loaded."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from lakehouse_aws.arrivals.ingest_claim import IngestClaimOperator

from lakehouse_contract.arrivals.claims import attempt_key, claim_of, no_fault_mark
from lakehouse_contract.arrivals.kinds import STOCK_FILES

# Reads its claim as the stock job does; the worker dies by a file of this content.
SCRIPT = (
    """
import json, os, signal, sys
import boto3

values = dict(zip(sys.argv[1::2], sys.argv[2::2]))
s3, bucket = boto3.client("s3"), values["--lake_bucket"]
read = lambda key: s3.get_object(Bucket=bucket, Key=key)["Body"].read()
if values.get("--mode") == "broken":
    raise ImportError("the deployment is broken")
claim = json.loads(read(values["--claim"]))
attempt = "ATTEMPT".replace("CLAIM", claim["claim"]).replace("RUN", values["--JOB_RUN_ID"])
s3.put_object(Bucket=bucket, Key=attempt, Body=b"{}")
if values.get("--mode") == "outage":
    raise RuntimeError("NO_FAULT EndpointConnectionError: Could not connect".replace("RUN", values["--JOB_RUN_ID"]))
if values.get("--mode") == "confused":
    raise RuntimeError(claim["files"][0]["name"] + ": the rows do not add up")
if any(read(file["key"]) == b"deadly" for file in claim["files"]):
    os.kill(os.getpid(), signal.SIGKILL)
""".replace("ATTEMPT", attempt_key(STOCK_FILES, "CLAIM", "RUN"))
    .replace("NO_FAULT", no_fault_mark("RUN"))
    .encode()
)
FINAL = {"SUCCEEDED", "FAILED"}


@pytest.fixture
def job(aws, arrivals_lake):
    """The name of a job that reads claims."""
    key = "scripts/job.py"
    arrivals_lake.s3.put_object(Bucket=arrivals_lake.bucket, Key=key, Body=SCRIPT)
    aws("glue").create_job(
        Name=arrivals_lake.arrivals.job,
        Role="arn:aws:iam::123456789012:role/glue",
        GlueVersion="5.1",
        WorkerType="G.1X",
        NumberOfWorkers=2,
        Command={
            "Name": "glueetl",
            "PythonVersion": "3",
            "ScriptLocation": f"s3://{arrivals_lake.bucket}/{key}",
        },
    )
    return arrivals_lake.arrivals.job


@pytest.fixture
def run_job(aws, job, arrivals_lake):
    """`run_job(claim)` runs the job on a claim and publishes what it loaded; whether it succeeded."""
    glue = aws("glue")

    def run(claim, **arguments):
        named = {"--claim": claim["claim"], "--lake_bucket": arrivals_lake.bucket} | arguments
        load = glue.start_job_run(JobName=job, Arguments=named)["JobRunId"]
        while (found := glue.get_job_run(JobName=job, RunId=load)["JobRun"])["JobRunState"] not in FINAL:
            time.sleep(0.05)
        if found["JobRunState"] != "SUCCEEDED":
            return False
        arrivals_lake.load(load, claim_of(STOCK_FILES, claim["claim"]), arrivals_lake.claimed_files(claim), [])
        arrivals_lake.publication.complete(load)
        return True

    return run


def statuses(arrivals_lake):
    return sorted((line["file_name"], line["status"]) for line in arrivals_lake.ledger())


def test_the_file_that_kills_every_job_is_quarantined_and_the_others_are_loaded(arrivals_lake, run_job):
    for name in ("a", "bad", "c"):
        arrivals_lake.drop(f"{name}.csv", b"deadly" if name == "bad" else name.encode())
    runs = 0
    while claim := arrivals_lake.claim(f"run-{runs}"):
        runs += 1
        run_job(claim)
        if runs == 2:
            arrivals_lake.drop("later.csv", b"later")
        assert runs < 15
    assert statuses(arrivals_lake) == [
        ("a.csv", "loaded"),
        ("bad.csv", "quarantined"),
        ("c.csv", "loaded"),
        ("later.csv", "loaded"),
    ]
    (line,) = [line for line in arrivals_lake.ledger() if line["status"] == "quarantined"]
    assert line["reason"].startswith(
        f"{arrivals_lake.arrivals.job} fails whenever it loads this file, even alone: The job's process"
    )
    assert arrivals_lake.contents("quarantine/") == [b"deadly"]
    assert arrivals_lake.keys("claimed/") == []
    assert arrivals_lake.keys("landing/") == []


def test_a_file_is_found_whose_name_reads_like_an_outage(arrivals_lake, run_job):
    arrivals_lake.drop(f"AccessDenied {no_fault_mark('jr_1')}.csv", b"odd")
    for attempt in range(2):
        assert not run_job(arrivals_lake.claim(f"run-{attempt}"), **{"--mode": "confused"})
    assert arrivals_lake.claim("next") is None
    assert [status for _, status in statuses(arrivals_lake)] == ["quarantined"]


@pytest.mark.parametrize("mode", ["broken", "outage"])
def test_what_is_no_fault_of_the_files_counts_for_none(arrivals_lake, run_job, mode):
    arrivals_lake.drop("a.csv", b"good")
    for attempt in range(3):
        assert not run_job(arrivals_lake.claim(f"run-{attempt}"), **{"--mode": mode})
    assert run_job(arrivals_lake.claim("repaired"))
    assert statuses(arrivals_lake) == [("a.csv", "loaded")]


def test_no_claim_is_made_while_a_job_is_still_at_work(aws, arrivals_lake, job):
    arrivals_lake.drop("a.csv", b"good")
    claim = arrivals_lake.claim("run")
    slow = b"import time\ntime.sleep(60)"
    arrivals_lake.s3.put_object(Bucket=arrivals_lake.bucket, Key="scripts/job.py", Body=slow)
    load = aws("glue").start_job_run(JobName=job)["JobRunId"]
    marker = claim["claim"].replace("claim.json", f"attempts/{load}.json")
    arrivals_lake.s3.put_object(Bucket=arrivals_lake.bucket, Key=marker, Body=b"{}")
    try:
        with pytest.raises(
            AirflowException, match=rf"^The job run {load} of {job} is still at work on its claim"
        ) as error:
            arrivals_lake.claim("next")
        assert not isinstance(error.value, AirflowFailException)
    finally:
        aws("glue").batch_stop_job_run(JobName=job, JobRunIds=[load])


@pytest.mark.parametrize(("mode", "error"), [("", AirflowFailException), ("broken", AirflowException)])
def test_a_task_tries_again_only_when_the_job_had_not_begun(arrivals_lake, run, job, mode, error):
    arrivals_lake.drop("bad.csv", b"deadly")
    claim = arrivals_lake.claim("run")
    operator = IngestClaimOperator(
        task_id="transform",
        arrivals=arrivals_lake.arrivals,
        bucket=arrivals_lake.bucket,
        claim=claim["claim"],
        script_args={"--lake_bucket": arrivals_lake.bucket, "--mode": mode or "none"},
        poll_interval=0.1,
    )
    with pytest.raises(AirflowException, match=rf"The Glue job {job} ended FAILED") as failure:
        run(operator)
    assert isinstance(failure.value, AirflowFailException) == (error is AirflowFailException)


def test_halving_that_stops_on_its_way_is_gone_on_with(arrivals_lake, monkeypatch):
    for number in range(4):
        arrivals_lake.drop(f"{number}.csv", b"%d" % number)
    claim = arrivals_lake.claim("run")
    for attempt in ("jr_1", "jr_2"):
        marker = claim["claim"].replace("claim.json", f"attempts/{attempt}.json")
        arrivals_lake.s3.put_object(Bucket=arrivals_lake.bucket, Key=marker, Body=b"{}")
    monkeypatch.setattr(arrivals_lake.files, "_failure", lambda _load: "The job failed.")
    moved = []

    def move_one(bucket, files, target, run_id):
        moved.append(target)
        arrivals_lake.files.__class__._move_files(arrivals_lake.files, bucket, files[:1], target, run_id)
        raise ConnectionError

    with monkeypatch.context() as dying:
        dying.setattr(arrivals_lake.files, "_move_files", move_one)
        with pytest.raises(ConnectionError):
            arrivals_lake.claim("dies")
    assert arrivals_lake.contents("claimed/") == [b"0", b"1", b"2", b"3"]
    names = [file["name"] for file in arrivals_lake.claimed_files(arrivals_lake.claim("next"))]
    assert set(names) < {"0.csv", "1.csv", "2.csv", "3.csv"}
    assert arrivals_lake.contents("claimed/") == [b"0", b"1", b"2", b"3"]
    halves = {claim_of(STOCK_FILES, key) for key in arrivals_lake.keys("claimed/")}
    assert len(halves) == 2
    assert claim_of(STOCK_FILES, claim["claim"]) not in halves


def test_files_that_wait_the_longest_are_loaded_first(arrivals_lake, monkeypatch):
    arrivals_lake.drop("failed.csv", b"failed")
    claim = arrivals_lake.claim("run")
    marker = claim["claim"].replace("claim.json", "attempts/jr_1.json")
    arrivals_lake.s3.put_object(Bucket=arrivals_lake.bucket, Key=marker, Body=b"{}")
    monkeypatch.setattr(arrivals_lake.files, "_failure", lambda _load: "The job failed.")
    time.sleep(1)
    arrivals_lake.drop("new.csv", b"new")
    claim_of = arrivals_lake.files.claim
    settled = datetime.now(UTC) + timedelta(days=1)
    names = [file["name"] for file in arrivals_lake.claimed_files(claim_of(arrivals_lake.bucket, "next", settled))]
    assert names == ["failed.csv"]
    time.sleep(1)
    arrivals_lake.s3.put_object(Bucket=arrivals_lake.bucket, Key=marker, Body=b"{}")
    names = [file["name"] for file in arrivals_lake.claimed_files(claim_of(arrivals_lake.bucket, "third", settled))]
    assert names == ["new.csv"]
