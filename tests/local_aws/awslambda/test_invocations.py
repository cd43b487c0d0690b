"""Functions run for real: in processes of their own, with Lambda's environment, limits, errors and logs."""

import base64
import json
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.awslambda.conftest import wait_for
from tests.local_aws.refusals import error_code
from tests.roles import make_role

PROCESS = "import os\ndef handler(event, context):\n    return os.getpid()\n"


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    # Of a process that is ended its parent knows when the last of its threads has gone.
    return state != "Z" or len(list(Path(f"/proc/{pid}/task").iterdir())) > 1


def test_handler_answers_the_event_with_its_context(functions):
    arn = functions.create(
        "context",
        "def handler(event, context):\n"
        "    return {'event': event, 'arn': context.invoked_function_arn, 'name': context.function_name,\n"
        "            'version': context.function_version, 'memory': context.memory_limit_in_mb,\n"
        "            'left': context.get_remaining_time_in_millis(), 'group': context.log_group_name}\n",
        Timeout=7,
    )
    answer = functions.invoke("context", {"é": [1, None, 2.5]})
    assert (answer["StatusCode"], answer["ExecutedVersion"], "FunctionError" in answer) == (200, "$LATEST", False)
    payload = answer["Payload"]
    assert 6000 < payload.pop("left") <= 7000
    assert payload == {
        "event": {"é": [1, None, 2.5]},
        "arn": arn,
        "name": "context",
        "version": "$LATEST",
        "memory": "256",
        "group": "/aws/lambda/context",
    }


def test_worker_sees_its_code_boto3_and_lambdas_variables_alone(functions):
    functions.create(
        "confined",
        "import importlib.util, os, sys, boto3\n"
        "def handler(event, context):\n"
        "    found = {name: bool(importlib.util.find_spec(name)) for name in ('moto', 'psutil', 'local_aws', 'six')}\n"
        "    identity = boto3.client('sts').get_caller_identity()['Arn']\n"
        "    return {'found': found, 'variables': sorted(os.environ), 'mode': os.environ['MODE'],\n"
        "            'identity': identity, 'root': os.getcwd() == os.environ['LAMBDA_TASK_ROOT'],\n"
        "            'writable': os.stat('.').st_mode & 0o222}\n",
        Environment={"Variables": {"MODE": "test"}},
        Timeout=20,
    )
    payload = functions.invoke("confined")["Payload"]
    assert payload["found"] == {"moto": False, "local_aws": False, "psutil": False, "six": True}
    assert payload["identity"] == "arn:aws:sts::123456789012:assumed-role/function/confined"
    assert (payload["mode"], payload["root"], payload["writable"]) == ("test", True, 0)
    assert not [name for name in payload["variables"] if name.startswith(("LAKEHOUSE_", "AIRFLOW", "PYTEST"))]


def test_worker_is_used_again_and_takes_one_event_at_a_time(functions):
    functions.create("warm", PROCESS)
    assert functions.invoke("warm")["Payload"] == functions.invoke("warm")["Payload"]
    functions.create(
        "slow", "import os, time\ndef handler(event, context):\n    time.sleep(0.5)\n    return os.getpid()\n"
    )
    with ThreadPoolExecutor(2) as threads:
        pids = list(threads.map(lambda _: functions.invoke("slow")["Payload"], range(2)))
    assert len(set(pids)) == 2


def test_many_invocations_at_once_are_answered_by_few_workers(functions):
    functions.create(
        "crowded", "import os, time\ndef handler(event, context):\n    time.sleep(0.02)\n    return os.getpid()\n"
    )
    with ThreadPoolExecutor(30) as threads:
        answers = list(threads.map(lambda _: functions.invoke("crowded"), range(90)))
    assert not [answer for answer in answers if "FunctionError" in answer]
    assert len({answer["Payload"] for answer in answers}) <= max(4, 2 * os.cpu_count()) + 2


def test_warm_invocation_takes_milliseconds(functions):
    functions.create("quick", "def handler(event, context):\n    return event\n")
    functions.invoke("quick")
    durations = []
    for number in range(20):
        tail = functions.invoke("quick", number, LogType="Tail")["LogResult"]
        durations.append(float(re.search(rb"Duration: ([\d.]+) ms", base64.b64decode(tail))[1]))
    assert sorted(durations)[5] < 10


def test_error_of_the_handler_is_answered_with_its_stack(functions):
    functions.create("broken", "def handler(event, context):\n    raise ValueError('boom')\n")
    answer = functions.invoke("broken")
    payload = answer["Payload"]
    assert (answer["FunctionError"], payload["errorType"], payload["errorMessage"]) == (
        "Unhandled",
        "ValueError",
        "boom",
    )
    assert len(payload["stackTrace"]) == 1
    assert 'app.py", line 2, in handler' in payload["stackTrace"][0]
    assert functions.invoke("broken")["Payload"]["errorType"] == "ValueError"


def failure(functions, name, source, event=None, **settings):
    functions.create(name, source, **settings)
    answer = functions.invoke(name, event)
    assert answer["FunctionError"] == "Unhandled"
    return answer["Payload"]["errorType"], answer["Payload"]["errorMessage"]


def test_function_that_cannot_be_started_says_why(functions):
    assert failure(functions, "no-module", PROCESS, Handler="other.handler") == (
        "Runtime.ImportModuleError",
        "Unable to import module 'other': No module named 'other'",
    )
    assert failure(functions, "no-function", PROCESS, Handler="app.other") == (
        "Runtime.HandlerNotFound",
        "Handler 'other' missing on module 'app'",
    )
    assert failure(functions, "no-syntax", "def handler(:\n")[0] == "Runtime.UserCodeSyntaxError"
    assert failure(functions, "no-dot", PROCESS, Handler="app")[0] == "Runtime.MalformedHandlerName"
    assert failure(functions, "raises-early", "raise KeyError('region')\n") == ("KeyError", "'region'")


def test_answer_that_is_no_json_or_too_large_is_an_error(functions):
    assert failure(functions, "a-set", "def handler(event, context):\n    return {1, 2}\n") == (
        "Runtime.MarshalError",
        "Unable to marshal response: Object of type set is not JSON serializable",
    )
    assert failure(functions, "large", "def handler(event, context):\n    return 'x' * 6_300_000\n") == (
        "Function.ResponseSizeTooLarge",
        "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    )


def test_function_that_runs_out_of_time_is_ended(functions):
    source = (
        "import os, time\n"
        "def handler(event, context):\n"
        "    print(f'pid {os.getpid()}', flush=True)\n"
        "    time.sleep(60)\n"
    )
    functions.create("late", source, Timeout=1)
    began = time.monotonic()
    answer = functions.invoke("late", LogType="Tail")
    assert time.monotonic() - began < 10
    assert answer["Payload"]["errorType"] == "Sandbox.Timedout"
    assert answer["Payload"]["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "Task timed out after 1.00 seconds" in tail
    pid = int(re.search(r"pid (\d+)", tail)[1])
    wait_for(lambda: not is_running(pid))


def test_function_that_prints_for_ever_is_ended_in_time_and_its_newest_lines_stay(functions, lambda_endpoint):
    functions.create("loud", "def handler(event, context):\n    while True:\n        print('x' * 100)\n", Timeout=2)
    began = time.monotonic()
    answer = functions.invoke("loud", LogType="Tail")
    assert answer["Payload"]["errorType"] == "Sandbox.Timedout"
    assert time.monotonic() - began < 20
    assert len(base64.b64decode(answer["LogResult"])) <= 4096
    logs = lambda_endpoint.client("logs")
    streams = logs.describe_log_streams(logGroupName="/aws/lambda/loud", limit=50)["logStreams"]
    assert len(streams) <= 25


def test_function_that_takes_too_much_memory_is_killed(functions):
    source = (
        "def handler(event, context):\n"
        "    kept = []\n"
        "    while True:\n"
        "        kept.append(bytearray(b'x') * 4_000_000)\n"
    )
    error = failure(functions, "greedy", source, MemorySize=128, Timeout=30)
    assert error[0] == "Runtime.ExitError"
    assert error[1].endswith("Error: Runtime exited with error: signal: killed")
    one_piece = "def handler(event, context):\n    return len(bytearray(b'x') * 3_000_000_000)\n"
    assert failure(functions, "greedy-at-once", one_piece, MemorySize=128, Timeout=30)[0] == "Runtime.ExitError"


def test_function_that_exits_is_reported_and_started_again(functions):
    functions.create(
        "exits",
        "import os, sys\ndef handler(event, context):\n    sys.exit(3) if event else None\n    return os.getpid()\n",
    )
    first = functions.invoke("exits")["Payload"]
    answer = functions.invoke("exits", {"exit": True})
    assert answer["Payload"]["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    assert functions.invoke("exits")["Payload"] != first


def test_worker_that_was_killed_while_idle_is_replaced(functions):
    functions.create("killed", PROCESS)
    pid = functions.invoke("killed")["Payload"]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not is_running(pid))
    answer = functions.invoke("killed")
    assert "FunctionError" not in answer
    assert answer["Payload"] != pid


def test_function_whose_role_is_gone_does_not_begin_and_leaves_nothing(functions, lambda_endpoint):
    iam = lambda_endpoint.client("iam")
    functions.create("role-gone", PROCESS, Role=make_role(iam, "soon-gone"))
    iam.delete_role_policy(RoleName="soon-gone", PolicyName="everything")
    iam.delete_role(RoleName="soon-gone")
    folders = set((lambda_endpoint.data_directory / "work").glob("lambda-*"))
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        functions.invoke("role-gone")
    assert set((lambda_endpoint.data_directory / "work").glob("lambda-*")) <= folders


def test_function_whose_policy_cannot_be_evaluated_keeps_no_other_from_its_log(functions, lambda_endpoint):
    iam = lambda_endpoint.client("iam")
    odd = {"Effect": "Deny", "Action": "logs:*", "Resource": "*", "Condition": {"StringEquals": {"aws:NewKey": "x"}}}
    role = make_role(iam, "odd-logs")
    policy = {"Version": "2012-10-17", "Statement": [odd]}
    iam.put_role_policy(RoleName="odd-logs", PolicyName="odd", PolicyDocument=json.dumps(policy))
    source = "def handler(event, context):\n    print('told')\n"
    functions.create("without-log", source, Role=role)
    functions.invoke("without-log")
    # Its lines were to be written before those of the next one are.
    time.sleep(1.5)
    functions.create("with-log", source)
    functions.invoke("with-log")
    logs = lambda_endpoint.client("logs")

    def is_told():
        groups = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/with")["logGroups"]
        return [group["logGroupName"] for group in groups] == ["/aws/lambda/with-log"]

    wait_for(is_told)


def test_log_has_the_lines_of_lambda_and_the_function(functions, lambda_endpoint):
    functions.create(
        "logs",
        "import logging\n"
        "def handler(event, context):\n"
        "    print('printed')\n"
        "    logging.getLogger().warning('logged')\n"
        "    print('without an end', end='')\n",
    )
    answer = functions.invoke("logs", LogType="Tail")
    request_id = answer["ResponseMetadata"]["RequestId"]
    logs = lambda_endpoint.client("logs")

    def lines():
        try:
            found = logs.filter_log_events(logGroupName="/aws/lambda/logs")["events"]
        except ClientError:
            return []
        return found if any(event["message"].startswith("REPORT") for event in found) else []

    messages = [event["message"] for event in wait_for(lines)]
    assert messages[0].startswith("INIT_START Runtime Version: python:3.")
    assert messages[1] == f"START RequestId: {request_id} Version: $LATEST"
    assert messages[2] == "printed"
    assert re.fullmatch(r"\[WARNING\]\t[\d-]{10}T[\d:.]+Z\t[\w-]{36}\tlogged", messages[3])
    assert messages[4] == "without an end"
    assert messages[5] == f"END RequestId: {request_id}"
    assert re.match(
        r"REPORT RequestId: [\w-]{36}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\t"
        r"Max Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t",
        messages[6],
    )
    assert base64.b64decode(answer["LogResult"]).decode().splitlines() == messages
    [stream] = logs.describe_log_streams(logGroupName="/aws/lambda/logs")["logStreams"]
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream["logStreamName"])


def test_more_executions_than_reserved_are_throttled(functions):
    functions.create("reserved", "import time\ndef handler(event, context):\n    time.sleep(1)\n")
    functions.client.put_function_concurrency(FunctionName="reserved", ReservedConcurrentExecutions=1)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(functions.invoke, "reserved")
        time.sleep(0.5)
        assert error_code(functions.invoke, "reserved") == "TooManyRequestsException"
        assert "FunctionError" not in running.result()
    functions.client.put_function_concurrency(FunctionName="reserved", ReservedConcurrentExecutions=0)
    assert error_code(functions.invoke, "reserved") == "TooManyRequestsException"


def test_invocation_is_refused_as_lambda_refuses_it(functions):
    functions.create("refuses", PROCESS)
    invoke = functions.client.invoke
    assert error_code(invoke, FunctionName="nobody") == "ResourceNotFoundException"
    assert error_code(invoke, FunctionName="refuses", Qualifier="7") == "ResourceNotFoundException"
    assert error_code(invoke, FunctionName="refuses", Payload=b"{no json") == "InvalidRequestContentException"
    large = json.dumps("x" * (6 * 1024 * 1024)).encode()
    assert error_code(invoke, FunctionName="refuses", Payload=large) == "RequestTooLargeException"
    event = json.dumps("x" * (1024 * 1024)).encode()
    refused = {"FunctionName": "refuses", "InvocationType": "Event", "Payload": event}
    assert error_code(invoke, **refused) == "RequestTooLargeException"
    assert invoke(FunctionName="refuses", InvocationType="DryRun")["StatusCode"] == 204


def test_executions_are_counted_as_metrics(functions, lambda_endpoint):
    functions.create("counted", "def handler(event, context):\n    return 1 / event\n")
    for event in (1, 1, 0):
        functions.invoke("counted", event)
    cloudwatch = lambda_endpoint.client("cloudwatch")
    now = time.time()
    request = {
        "Namespace": "AWS/Lambda",
        "Dimensions": [{"Name": "FunctionName", "Value": "counted"}],
        "StartTime": now - 600,
        "EndTime": now + 600,
        "Period": 3600,
        "Statistics": ["Sum"],
    }

    def total(name):
        points = cloudwatch.get_metric_statistics(MetricName=name, **request)["Datapoints"]
        return sum(point["Sum"] for point in points)

    assert wait_for(lambda: total("Invocations") == 3)
    assert (total("Errors"), total("Throttles")) == (1, 0)
    assert total("Duration") > 0
