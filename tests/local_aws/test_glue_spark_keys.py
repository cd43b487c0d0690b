"""Spark in a job may do with a key what the job's role may do, whatever of it is mounted. One run, which is slow."""

import json
from uuid import uuid4

import pytest

from tests.local_aws.glue_jobs import Jobs

TRUST = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
ALL = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
SCRIPT = """
import json, sys
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
lake, raw = (sys.argv[sys.argv.index(f"--{name}") + 1] for name in ("lake", "raw"))
rows = spark.range(6).selectExpr("id", "id % 2 AS half", "'é%2F+ &=?' AS odd")
java = spark._jvm
answers = {}


def attempt(name, act):
    try:
        answers[name] = ["done", act()]
    except Exception as error:
        answers[name] = ["refused", str(error)]


def ids(url):
    return sorted(row[0] for row in spark.read.parquet(url).select("id").collect())


def lines(url):
    return [row.value for row in spark.read.text(url).orderBy("value").collect()]


def move(source, target):
    source, target = (java.org.apache.hadoop.fs.Path(url) for url in (source, target))
    return source.getFileSystem(spark._jsc.hadoopConfiguration()).rename(source, target)


def write(url, mode="error"):
    rows.write.mode(mode).partitionBy("half", "odd").parquet(url)


# Mounted, and not there before.
attempt("write new folder", lambda: write(f"{lake}/analytics/days/new/"))
attempt("read new folder", lambda: ids(f"{lake}/analytics/days/new"))
attempt("write another folder", lambda: write(f"{lake}/other/kept"))
attempt("move between mounts", lambda: move(f"{lake}/analytics/days/new", f"{lake}/other/moved"))
attempt("read moved", lambda: ids(f"{lake}/other/moved"))
attempt("write beside a mount", lambda: write(f"{lake}/analytics/nights"))
attempt("write at the root", lambda: rows.write.mode("append").parquet(f"{lake}/"))
attempt("read what is beside a mount", lambda: lines(f"{lake}/secret/salaries.txt"))
attempt("read a folder beside a mount", lambda: lines(f"{lake}/secret/"))
attempt("read what is not there", lambda: lines(f"{lake}/absent.txt"))
attempt("open as Java's own URL", lambda: java.java.net.URL(f"{lake}/secret/salaries.txt").openStream().read())
attempt("move out of reach", lambda: move(f"{lake}/other/moved", f"{lake}/secret/moved"))
# Beside the bucket's folder.
beside = java.org.apache.hadoop.fs.Path(f"{lake}/../keys-other/kept.txt")
files = beside.getFileSystem(spark._jsc.hadoopConfiguration())
attempt("read beside the bucket", lambda: files.open(beside).read())
attempt("list beside the bucket", lambda: len(files.listStatus(beside.getParent())))
attempt("list above the bucket", lambda: len(files.listStatus(java.org.apache.hadoop.fs.Path(f"{lake}/.."))))
attempt("write beside the bucket", lambda: files.create(beside).close())
attempt("make a folder beside the bucket", lambda: files.mkdirs(beside.suffix("-folder")))
attempt("remove beside the bucket", lambda: files.delete(beside, True))
attempt("remove above the bucket", lambda: files.delete(java.org.apache.hadoop.fs.Path(f"{lake}/.."), True))
attempt("move from beside the bucket", lambda: move(f"{lake}/../keys-other/kept.txt", f"{lake}/other/taken"))
attempt("move to beside the bucket", lambda: move(f"{lake}/a.b/public/two lines.txt", f"{lake}/../keys-other/given"))
# Asked for by pattern: any.thing/public/.
attempt("write by pattern", lambda: write(f"{lake}/a.b/public/ü"))
attempt("read by pattern", lambda: ids(f"{lake}/a.b/public/ü"))
attempt("append by pattern", lambda: write(f"{lake}/a.b/public/ü", "append"))
attempt("read appended", lambda: ids(f"{lake}/a.b/public/ü"))
attempt("overwrite by pattern", lambda: write(f"{lake}/a.b/public/ü", "overwrite"))
attempt("read overwritten", lambda: ids(f"{lake}/a.b/public/ü"))
attempt("read by blocks", lambda: spark.sparkContext.textFile(f"{lake}/a.b/public/two lines.txt").collect())
attempt("read a listed folder", lambda: [name.rpartition("/")[2] for name in spark.read.format("binaryFile")
        .load(f"{lake}/a.b/public/*.txt").toPandas()["path"]])
listed = java.org.apache.hadoop.fs.Path(f"{lake}/a.b/public/two lines.txt")
attempt("count", lambda: files.getContentSummary(listed.getParent()).getLength() > 0)
attempt("may read", lambda: files.access(listed, java.org.apache.hadoop.fs.permission.FsAction.READ))
attempt("set permissions", lambda: files.setPermission(listed, files.getFileStatus(listed).getPermission()))
attempt("defaults", lambda: files.getServerDefaults(listed).getBlockSize() > 0)
attempt("checksum", lambda: files.getFileChecksum(listed))
# Of the raw bucket the role may read some, and write some other.
attempt("read what may be read", lambda: lines(f"{raw}/archive/day=1"))
attempt("write what may be read", lambda: write(f"{raw}/archive/day=2"))
attempt("overwrite what may be read", lambda: write(f"{raw}/archive/day=1", "overwrite"))
attempt("write what may be written", lambda: write(f"{raw}/drop/one"))
attempt("read what may be written", lambda: ids(f"{raw}/drop/one"))
attempt("overwrite what may not be removed", lambda: write(f"{raw}/drop/one", "overwrite"))
attempt("write what is denied", lambda: write(f"{raw}/drop/denied/x"))
attempt("list what may not be listed", lambda: lines("s3://keys-other"))
print(json.dumps(answers))
write(f"{lake}/secret/day")
"""


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="module")
def buckets(aws):
    s3 = aws("s3")
    lake, raw = (f"keys.{name}-{uuid4().hex[:8]}" for name in ("lake", "raw"))
    for bucket in (lake, raw, "keys-other"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=lake, Key="secret/salaries.txt", Body=b"a salary")
    s3.put_object(Bucket=lake, Key="a.b/public/two lines.txt", Body=b"one\ntwo\n")
    s3.put_object(Bucket="keys-other", Key="kept.txt", Body=b"as it was")
    s3.put_object(Bucket=raw, Key="archive/day=1/a.txt", Body=b"of the first day")
    return lake, raw


@pytest.fixture(scope="module")
def role(aws, buckets):
    lake, raw = (f"arn:aws:s3:::{bucket}" for bucket in buckets)
    folders = [f"{lake}/analytics/days/*", f"{lake}/other/*", f"{lake}/*/public/*"]
    statements = [
        {"Effect": "Allow", "Action": "logs:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::jobs-*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": [lake, raw]},
        {"Effect": "Allow", "Action": ALL, "Resource": folders},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{raw}/archive/*"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{raw}/drop/*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": f"{raw}/drop/denied/*"},
    ]
    iam = aws("iam")
    name = f"keys-{uuid4().hex[:8]}"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(TRUST))
    iam.put_role_policy(RoleName=name, PolicyName="keys", PolicyDocument=document(*statements))
    return name


@pytest.fixture(scope="module")
def run(aws, buckets, role):
    jobs = Jobs(aws)
    urls = {f"--{name}": f"s3://{bucket}" for name, bucket in zip(("lake", "raw"), buckets, strict=True)}
    finished = jobs.run(jobs.create(SCRIPT, "glueetl", Role=role, GlueVersion="5.1", DefaultArguments=urls))
    return finished, jobs.output(finished["Id"])


@pytest.fixture(scope="module")
def answers(run):
    finished, lines = run
    assert lines, finished
    return json.loads(lines[-1])


def refusal(role, action, resource):
    return f'assumed-role/{role}/GlueJobRunnerSession is not authorized to perform: {action} on resource: "{resource}'


def test_a_run_fails_with_the_sentence_of_s3(run, role, buckets):
    finished, _ = run

    assert finished["JobRunState"] == "FAILED"
    resource = f'arn:aws:s3:::{buckets[0]}/secret/day/_temporary/0/"'
    assert refusal(role, "s3:PutObject", resource) in finished["ErrorMessage"]
    assert "because no identity-based policy allows the s3:PutObject action" in finished["ErrorMessage"]
    assert "Error Code: AccessDenied" in finished["ErrorMessage"]


DONE = {
    "write new folder": None,
    "read new folder": list(range(6)),
    "write another folder": None,
    "move between mounts": True,
    "read moved": list(range(6)),
    "write by pattern": None,
    "read by pattern": list(range(6)),
    "append by pattern": None,
    "read appended": sorted([*range(6)] * 2),
    "overwrite by pattern": None,
    "read overwritten": list(range(6)),
    "read by blocks": ["one", "two"],
    "read a listed folder": ["two lines.txt"],
    "count": True,
    "may read": None,
    "set permissions": None,
    "defaults": True,
    "read what may be read": ["of the first day"],
    "write what may be written": None,
}


@pytest.mark.parametrize("name", DONE)
def test_what_the_role_may_do_is_done(answers, name):
    assert answers[name] == ["done", DONE[name]]


REFUSED = {
    "write beside a mount": ("s3:PutObject", "{lake}/analytics/nights/_temporary/0/"),
    "write at the root": ("s3:PutObject", "{lake}/_temporary/0/"),
    "read what is beside a mount": ("s3:GetObject", "{lake}/secret/salaries.txt"),
    "read a folder beside a mount": ("s3:GetObject", "{lake}/secret/salaries.txt"),
    "open as Java's own URL": ("s3:GetObject", "{lake}/secret/salaries.txt"),
    "write what may be read": ("s3:PutObject", "{raw}/archive/day=2/_temporary/0/"),
    "overwrite what may be read": ("s3:DeleteObject", "{raw}/archive/day=1/a.txt"),
    "read what may be written": ("s3:GetObject", "{raw}/drop/one/half=0/"),
    "overwrite what may not be removed": ("s3:DeleteObject", "{raw}/drop/one/half=0/"),
    "write what is denied": ("s3:PutObject", "{raw}/drop/denied/x/_temporary/0/"),
    "list what may not be listed": ("s3:ListBucket", "keys-other"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_role_may_not_do_is_refused_by_the_key(answers, role, buckets, name):
    action, resource = REFUSED[name]
    resource = resource.format(lake=buckets[0], raw=buckets[1])

    outcome, message = answers[name]

    assert outcome == "refused"
    assert refusal(role, action, f"arn:aws:s3:::{resource}") in message
    assert "Error Code: AccessDenied" in message


BESIDE = [
    f"{what} the bucket"
    for what in (
        "read beside",
        "list beside",
        "list above",
        "write beside",
        "make a folder beside",
        "remove beside",
        "remove above",
        "move from beside",
        "move to beside",
    )
]


@pytest.mark.parametrize("name", BESIDE)
def test_no_path_leads_out_of_a_bucket(answers, name):
    outcome, message = answers[name]

    assert outcome == "refused"
    assert "The local Glue has no files whose keys begin with '..'" in message


def test_a_checksum_is_refused_in_a_sentence(answers):
    outcome, message = answers["checksum"]

    assert outcome == "refused"
    assert "The local Glue does not support GETFILECHECKSUM of files that are not mounted." in message


def test_hadoops_client_logs_no_failure_of_its_own(run, aws):
    finished, _ = run
    events = aws("logs").get_log_events(logGroupName="/aws-glue/jobs/error", logStreamName=finished["Id"])["events"]

    logged = [event["message"] for event in events]

    assert not [line for line in logged if "HomeDirectory" in line or "JsonParseException" in line]


def test_what_is_beside_a_bucket_is_as_it_was(answers, aws):
    s3 = aws("s3")
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="keys-other")["Contents"]] == ["kept.txt"]
    assert s3.get_object(Bucket="keys-other", Key="kept.txt")["Body"].read() == b"as it was"


def test_what_may_be_listed_and_is_not_there_is_not_found(answers):
    assert "[PATH_NOT_FOUND]" in answers["read what is not there"][1]


def test_what_was_refused_left_nothing_and_changed_nothing(answers, aws, buckets):
    lake, raw = ([entry["Key"] for entry in aws("s3").list_objects_v2(Bucket=one)["Contents"]] for one in buckets)

    assert {key.split("/")[0] for key in lake} == {"a.b", "other", "secret"}
    assert [key for key in lake if key.startswith("secret/")] == ["secret/salaries.txt"]
    assert {key.rpartition("/")[0] for key in lake if key.startswith("other")} == {
        f"other/{name}/half={half}/odd=é%252F+ &%3D%3F" for half in (0, 1) for name in ("kept", "moved")
    }
    assert {"/".join(key.split("/")[:2]) for key in raw} == {"archive/day=1", "drop/one"}
    assert aws("s3").get_object(Bucket=buckets[1], Key="archive/day=1/a.txt")["Body"].read() == b"of the first day"
