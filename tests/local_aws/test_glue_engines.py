"""A Java that has served a Spark job serves the next one, which finds nothing of the first."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.local_aws.glue_jobs import Jobs, wait_for

# What spark-submit says.
IGNORED = "Warning: Ignoring non-Spark config property: {}"
NARROW = "without-the-bucket"
FOLDER = "with-a-folder"
LOOK = """
import json, sys
from pyspark.sql import SparkSession, functions
import word_of_job

spark = SparkSession.builder.getOrCreate()
java = spark._jvm.java.lang
util = spark._jvm.java.util
logs = spark._jvm.org.apache.logging.log4j.LogManager.getRootLogger()
word = functions.udf(lambda _: word_of_job.WORD, "string")
print(json.dumps({
    "java": java.ProcessHandle.current().pid(),
    "setting": spark.conf.get("spark.word", None),
    "partitions": spark.conf.get("spark.sql.shuffle.partitions"),
    "views": [table.name for table in spark.catalog.listTables()],
    "word": spark.range(1).select(word("id")).first()[0],
    "folder": java.System.getProperty("user.dir"),
    "scratch": spark.sparkContext._temp_dir,
    "properties": [java.System.getProperty(name) for name in ("my.own", "user.home", "of.script")],
    "level": logs.getLevel().toString(),
    "zone": util.TimeZone.getDefault().getID(),
    "locale": util.Locale.getDefault().toString(),
}))
java.System.err.println("said by " + word_of_job.WORD)
spark.range(3).createOrReplaceTempView("of_" + word_of_job.WORD)
java.System.setProperty("of.script", "1")
util.TimeZone.setDefault(util.TimeZone.getTimeZone("America/New_York"))
util.Locale.setDefault(util.Locale.JAPAN)
spark.sparkContext.setLogLevel("OFF")
"""
READ = """
import sys
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
spark.sql("SELECT 1").collect()
print(spark._jvm.java.lang.ProcessHandle.current().pid())
url = sys.argv[-1]
try:
    print(bytes(spark._jvm.java.net.URL(url).openStream().readAllBytes()).decode())
except Exception as error:
    print("is not authorized to perform" in str(error))
mounts = spark._jvm.org.apache.spark.deploy.SparkHadoopUtil.get().conf()
mount = "fs.viewfs.mounttable." + url.split("/")[2]
names = [mount + ".linkFallback", mount + ".link./" + url.split("/")[3]]
print(*(str(mounts.get(name)).partition(":")[0] for name in names))
print(spark.read.text(url).first()[0])
"""
SLEEP = """
import time
from pyspark.sql import SparkSession
print(SparkSession.builder.getOrCreate()._jvm.java.lang.ProcessHandle.current().pid())
time.sleep(600)
"""


@pytest.fixture(scope="module")
def jobs(aws):
    return Jobs(aws)


@pytest.fixture(scope="module")
def look(jobs):
    """`look(word, role, **arguments)`: what a job sees, whose module says the word, and its run."""

    def run(word, **arguments):
        module = jobs.upload(f"{word}/word_of_job.py", f"WORD = {word!r}".encode())
        arguments = {"--extra-py-files": module} | arguments
        name = jobs.create(LOOK, "glueetl", GlueVersion="5.1", DefaultArguments=arguments)
        run = jobs.run(name)
        assert run["JobRunState"] == "SUCCEEDED", run
        (line,) = jobs.output(run["Id"])
        return json.loads(line), jobs.output(run["Id"], "error")

    return run


def test_next_job_has_the_java_of_the_one_before_and_nothing_else_of_it(look):
    settings = ("spark.word=loud", "spark.sql.shuffle.partitions=3", "my.own=1", "user.home=/elsewhere")
    first, first_errors = look("first", **{"--conf": " --conf ".join(settings)})
    second, second_errors = look("second")

    assert second["java"] == first["java"]
    assert (first["setting"], first["partitions"], first["word"]) == ("loud", "3", "first")
    assert (second["setting"], second["partitions"], second["word"]) == (None, str(4 * os.cpu_count()), "second")
    assert first["views"] == second["views"] == []
    assert second["folder"] != first["folder"]
    assert [seen["scratch"].rpartition("/spark-")[0] for seen in (first, second)] == [first["folder"], second["folder"]]
    assert not Path(first["folder"]).exists()
    assert first["properties"][::2] == [None, None]
    assert first["properties"][1] != "/elsewhere"
    assert (first["level"], first["zone"]) == ("WARN", "UTC")
    assert all(second[name] == first[name] for name in ("properties", "level", "zone", "locale"))
    assert [line for line in first_errors if "Ignoring" in line] == [
        IGNORED.format("my.own"),
        IGNORED.format("user.home"),
    ]
    assert not any("Ignoring" in line for line in second_errors)
    assert "said by first" in first_errors
    assert [line for line in second_errors if "said by" in line] == ["said by second"]


def test_next_job_finds_the_keys_of_its_own_role_only(jobs, aws):
    jobs.s3.create_bucket(Bucket="engine-scripts")
    jobs.s3.put_object(Bucket="engine-scripts", Key="read.py", Body=READ.encode())
    other = Jobs(aws)
    secret, later_secret = jobs.upload("pay/secret.txt", b"a salary"), other.upload("secret.txt", b"a later salary")
    jobs.upload("press/news.txt", b"a rise")
    make_role(aws("iam"), NARROW)
    make_role(aws("iam"), FOLDER, f"arn:aws:s3:::{jobs.bucket}/press/*", f"arn:aws:s3:::{jobs.bucket}/pay/none/*")

    def read(url, role="r"):
        fields = {
            "Command": {"Name": "glueetl", "ScriptLocation": "s3://engine-scripts/read.py"},
            "DefaultArguments": {"--file": url},
            "GlueVersion": "5.1",
        }
        run = jobs.run(jobs.create("", Role=role, **fields))
        return run, *jobs.output(run["Id"])

    allowed, java, *mounted = read(secret)
    assert (allowed["JobRunState"], mounted) == ("SUCCEEDED", ["a salary", "bucketfile None", "a salary"])
    assert read(later_secret)[1:] == (java, "a later salary", "bucketfile None", "a later salary")
    assert read(f"s3://{jobs.bucket}/press/news.txt", FOLDER)[1:] == (java, "a rise", "webhdfs bucketfile", "a rise")
    beside, *seen = read(secret, FOLDER)
    assert seen == [java, "True", "webhdfs None"]
    assert_refused(beside, FOLDER, f"{jobs.bucket}/pay/secret.txt")
    # The Java of a job that failed is another one.
    _, java, *mounted = read(secret)
    assert mounted == ["a salary", "bucketfile None", "a salary"]
    without, *seen = read(secret, NARROW)
    assert seen == [java, "True", "webhdfs None"]
    assert_refused(without, NARROW, f"{jobs.bucket}/pay/secret.txt")


def make_role(iam, name, *resources):
    """A role that may use what the resources are, and nothing else but what every job of the test needs."""
    statements = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::engine-scripts/*"},
        {"Effect": "Allow", "Action": "logs:*", "Resource": "*"},
        *({"Effect": "Allow", "Action": "s3:*", "Resource": one} for one in resources),
        *({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": one.partition("/")[0]} for one in resources),
    ]
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(RoleName=name, PolicyName="keys", PolicyDocument=document(*statements))


def assert_refused(run, role, resource):
    assert run["JobRunState"] == "FAILED"
    said = (
        f'{role}/GlueJobRunnerSession is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::{resource}"'
    )
    assert said in run["ErrorMessage"]


def test_java_of_a_job_that_failed_serves_no_other(jobs, look):
    before, _ = look("before")
    script = LOOK.replace("import word_of_job", "class word_of_job: WORD = 'failed'") + "raise ValueError('no rows')"
    failed = jobs.run(jobs.create(script, "glueetl", GlueVersion="5.1"))
    after, _ = look("after")

    assert failed["ErrorMessage"] == "ValueError: no rows"
    (line,) = jobs.output(failed["Id"])
    assert json.loads(line)["java"] == before["java"]
    assert after["java"] != before["java"]
    wait_for(lambda: not is_running(before["java"]))


def test_jobs_at_the_same_time_have_a_java_each_which_ends_with_a_stopped_job(jobs, look):
    name = jobs.create(SLEEP, "glueetl", GlueVersion="5.1")
    run_id = jobs.start(name)
    (sleeping,) = wait_for(lambda: jobs.get(name, run_id)["JobRunState"] == "RUNNING" and jobs.output(run_id))

    beside, _ = look("beside")
    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])

    assert beside["java"] != int(sleeping)
    assert jobs.wait(name, run_id)["JobRunState"] == "STOPPED"
    wait_for(lambda: not is_running(int(sleeping)))


def test_java_that_was_killed_while_it_waited_is_replaced(look):
    waiting, _ = look("waiting")
    os.kill(waiting["java"], signal.SIGKILL)
    wait_for(lambda: not is_running(waiting["java"]))

    replacing, _ = look("replacing")

    assert replacing["java"] != waiting["java"]


def test_java_that_refuses_its_options_fails_the_run_in_its_words(jobs):
    conf = {"--conf": "spark.driver.extraJavaOptions=-Xmsmuch"}

    run = jobs.run(jobs.create(READ, "glueetl", GlueVersion="5.1", DefaultArguments=conf))

    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == "Spark's Java did not start. Invalid initial heap size: -Xmsmuch"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def is_running(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True
