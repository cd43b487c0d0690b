"""Kinesis streams: what goes in comes out in order, and the limits are AWS's."""

import itertools
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.local_aws.refusals import error_code
from tests.local_aws.stacks import create, failures


@pytest.fixture(scope="module")
def kinesis(aws):
    return aws("kinesis")


GOOD = {"Data": b"", "PartitionKey": "k"}

_numbers = itertools.count()


@pytest.fixture
def make_stream(kinesis):
    """Makes a stream and returns its name; it is deleted after the test."""
    made = []

    def make(shards=1, **settings):
        made.append(f"stream-{next(_numbers)}")
        kinesis.create_stream(StreamName=made[-1], **({"ShardCount": shards} if shards else {}), **settings)
        return made[-1]

    yield make
    for name in made:
        kinesis.delete_stream(StreamName=name)


def shards_of(client, name):
    return client.list_shards(StreamName=name)["Shards"]


def iterator_of(client, name, shard_id="shardId-000000000000", kind="TRIM_HORIZON", **start):
    request = {"StreamName": name, "ShardId": shard_id, "ShardIteratorType": kind}
    return client.get_shard_iterator(**request, **start)["ShardIterator"]


def read_shard(client, name, shard_id="shardId-000000000000", **start):
    return client.get_records(ShardIterator=iterator_of(client, name, shard_id, **start))["Records"]


def test_records_come_out_of_the_shard_of_their_key_in_order(kinesis, make_stream):
    name = make_stream(shards=3)
    records = [{"Data": b"%d" % number, "PartitionKey": f"key-{number % 7}"} for number in range(200)]
    answers = kinesis.put_records(StreamName=name, Records=records)["Records"]
    found = {shard["ShardId"]: read_shard(kinesis, name, shard["ShardId"]) for shard in shards_of(kinesis, name)}
    for shard_id, given in found.items():
        expected = [
            (record["Data"], record["PartitionKey"], answer["SequenceNumber"])
            for record, answer in zip(records, answers, strict=True)
            if answer["ShardId"] == shard_id
        ]
        assert [(one["Data"], one["PartitionKey"], one["SequenceNumber"]) for one in given] == expected
        assert sorted(expected, key=lambda one: int(one[2])) == expected
    shards_by_key = {(one["PartitionKey"], shard_id) for shard_id, given in found.items() for one in given}
    assert len(shards_by_key) == 7
    assert sum(map(len, found.values())) == 200


def test_hash_keys_are_dealt_out_without_a_gap_and_name_the_shard(kinesis, make_stream):
    name = make_stream(shards=3)
    ranges = [shard["HashKeyRange"] for shard in shards_of(kinesis, name)]
    assert ranges[0]["StartingHashKey"] == "0"
    assert ranges[-1]["EndingHashKey"] == str(2**128 - 1)
    for before, after in itertools.pairwise(ranges):
        assert int(after["StartingHashKey"]) == int(before["EndingHashKey"]) + 1
    for place, one in enumerate(ranges):
        for key in one.values():
            answer = kinesis.put_record(StreamName=name, Data=b"", PartitionKey="k", ExplicitHashKey=key)
            assert answer["ShardId"] == f"shardId-{place:012d}"


def test_iterators_of_every_type(kinesis, make_stream):
    name = make_stream()
    numbers = [
        kinesis.put_record(StreamName=name, Data=b"%d" % n, PartitionKey="k")["SequenceNumber"] for n in range(2)
    ]
    # boto3 sends whole seconds.
    between = int(time.time()) + 1
    time.sleep(between - time.time())
    latest = iterator_of(kinesis, name, kind="LATEST")
    time.sleep(0.02)
    numbers.append(kinesis.put_record(StreamName=name, Data=b"2", PartitionKey="k")["SequenceNumber"])
    assert [one["Data"] for one in kinesis.get_records(ShardIterator=latest)["Records"]] == [b"2"]

    def read(kind, **start):
        return [int(one["Data"]) for one in read_shard(kinesis, name, kind=kind, **start)]

    assert read("AT_TIMESTAMP", Timestamp=between) == [2]
    assert read("AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]) == [1, 2]
    assert read("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]) == [2]
    assert read("TRIM_HORIZON") == [0, 1, 2]


def test_reading_goes_on_by_the_next_iterator_and_tells_how_far_it_is_behind(kinesis, make_stream):
    name = make_stream()
    kinesis.put_records(StreamName=name, Records=[{"Data": b"%d" % n, "PartitionKey": "k"} for n in range(10)])
    time.sleep(0.05)
    first = kinesis.get_records(ShardIterator=iterator_of(kinesis, name), Limit=4)
    second = kinesis.get_records(ShardIterator=first["NextShardIterator"])
    assert [int(one["Data"]) for one in first["Records"] + second["Records"]] == list(range(10))
    assert first["MillisBehindLatest"] >= 50
    assert second["MillisBehindLatest"] == 0
    assert kinesis.get_records(ShardIterator=second["NextShardIterator"])["Records"] == []


def test_a_shard_takes_a_thousand_records_a_second_and_says_which_it_did_not_take(kinesis, make_stream):
    name = make_stream()
    requests = [[{"Data": b"x", "PartitionKey": f"{n}-{m}"} for n in range(500)] for m in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda records: kinesis.put_records(StreamName=name, Records=records), requests))
    refused = [one for answer in answers for one in answer["Records"] if "ErrorCode" in one]
    assert sum(answer["FailedRecordCount"] for answer in answers) == len(refused)
    assert 0 < len(refused) <= 1000
    assert {one["ErrorCode"] for one in refused} == {"ProvisionedThroughputExceededException"}
    assert "shardId-000000000000" in refused[0]["ErrorMessage"]
    assert len(read_shard(kinesis, name)) == 2000 - len(refused)


def test_a_shard_takes_a_megabyte_a_second(kinesis, make_stream):
    name = make_stream()
    half = {"StreamName": name, "Data": b"x" * 700_000, "PartitionKey": "k"}
    kinesis.put_record(**half)
    assert error_code(kinesis.put_record, **half) == "ProvisionedThroughputExceededException"


def test_a_shard_is_read_five_times_a_second(kinesis, make_stream):
    iterator = iterator_of(kinesis, make_stream())

    def read_often():
        for _ in range(50):
            kinesis.get_records(ShardIterator=iterator)

    assert error_code(read_often) == "ProvisionedThroughputExceededException"


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"Data": b"x" * (1 << 20), "PartitionKey": "k"}, "ValidationException"),
        ({"Data": b"x", "PartitionKey": "k" * 257}, "ValidationException"),
        ({"Data": b"x", "PartitionKey": "k", "ExplicitHashKey": str(2**128)}, "InvalidArgumentException"),
    ],
)
def test_a_record_that_no_shard_takes_is_refused(kinesis, make_stream, record, code):
    name = make_stream()
    assert error_code(kinesis.put_record, StreamName=name, **record) == code
    assert error_code(kinesis.put_records, StreamName=name, Records=[GOOD, record]) == code
    assert read_shard(kinesis, name) == []


def test_after_a_split_a_parent_is_read_to_its_end_and_its_children_have_the_rest(kinesis, make_stream):
    name = make_stream()
    kinesis.put_record(StreamName=name, Data=b"before", PartitionKey="k")
    kinesis.split_shard(StreamName=name, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    after = [kinesis.put_record(StreamName=name, Data=b"after", PartitionKey=f"k{n}")["ShardId"] for n in range(20)]
    parent, *children = shards_of(kinesis, name)
    assert "EndingSequenceNumber" in parent["SequenceNumberRange"]
    assert [child["ParentShardId"] for child in children] == [parent["ShardId"]] * 2
    assert set(after) == {child["ShardId"] for child in children}
    page = kinesis.get_records(ShardIterator=iterator_of(kinesis, name))
    assert [one["Data"] for one in page["Records"]] == [b"before"]
    assert "NextShardIterator" not in page
    assert {child["ShardId"] for child in page["ChildShards"]} == set(after)
    for child in children:
        first = int(child["SequenceNumberRange"]["StartingSequenceNumber"])
        assert first > int(parent["SequenceNumberRange"]["EndingSequenceNumber"])
        assert all(int(one["SequenceNumber"]) > first for one in read_shard(kinesis, name, child["ShardId"]))


def test_neighbours_are_merged_and_others_are_not(kinesis, make_stream):
    name = make_stream(shards=3)
    ids = [shard["ShardId"] for shard in shards_of(kinesis, name)]
    apart = {"StreamName": name, "ShardToMerge": ids[0], "AdjacentShardToMerge": ids[2]}
    assert error_code(kinesis.merge_shards, **apart) == "InvalidArgumentException"
    kinesis.merge_shards(**apart | {"AdjacentShardToMerge": ids[1]})
    merged = shards_of(kinesis, name)[-1]
    assert (merged["ParentShardId"], merged["AdjacentParentShardId"]) == (ids[0], ids[1])
    assert merged["HashKeyRange"]["StartingHashKey"] == "0"
    assert error_code(kinesis.merge_shards, **apart) == "InvalidArgumentException"


def test_the_number_of_shards_changes_by_at_most_the_double_or_the_half(kinesis, make_stream):
    name = make_stream(shards=2)
    kinesis.update_shard_count(StreamName=name, TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    kinesis.update_shard_count(StreamName=name, TargetShardCount=3, ScalingType="UNIFORM_SCALING")
    is_open = [
        shard for shard in shards_of(kinesis, name) if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
    ]
    covered = sorted(
        (int(s["HashKeyRange"]["StartingHashKey"]), int(s["HashKeyRange"]["EndingHashKey"])) for s in is_open
    )
    assert len(covered) == 3
    assert covered[0][0] == 0
    assert covered[-1][1] == 2**128 - 1
    assert all(after[0] == before[1] + 1 for before, after in itertools.pairwise(covered))
    beyond = {"StreamName": name, "TargetShardCount": 7, "ScalingType": "UNIFORM_SCALING"}
    assert error_code(kinesis.update_shard_count, **beyond) == "LimitExceededException"


def test_on_demand_has_four_shards_that_are_not_changed_by_hand(kinesis, make_stream):
    name = make_stream(shards=None, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    assert len(shards_of(kinesis, name)) == 4
    resize = {"StreamName": name, "TargetShardCount": 8, "ScalingType": "UNIFORM_SCALING"}
    assert error_code(kinesis.update_shard_count, **resize) == "ValidationException"


def test_retention_tags_and_encryption_are_kept_and_told(kinesis, make_stream):
    name = make_stream(Tags={"team": "trades"})
    kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=48)
    for hours in (24, 8761):
        longer = {"StreamName": name, "RetentionPeriodHours": hours}
        assert error_code(kinesis.increase_stream_retention_period, **longer) == "InvalidArgumentException"
    kinesis.add_tags_to_stream(StreamName=name, Tags={"stage": "test"})
    kinesis.remove_tags_from_stream(StreamName=name, TagKeys=["team"])
    kinesis.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    assert (summary["RetentionPeriodHours"], summary["EncryptionType"]) == (48, "KMS")
    assert (summary["OpenShardCount"], summary["StreamStatus"]) == (1, "ACTIVE")
    assert kinesis.list_tags_for_stream(StreamName=name)["Tags"] == [{"Key": "stage", "Value": "test"}]


def test_what_is_not_done_is_refused_by_name(kinesis, make_stream):
    arn = kinesis.describe_stream_summary(StreamName=make_stream())["StreamDescriptionSummary"]["StreamARN"]
    with pytest.raises(ClientError, match=r"NotImplemented.*RegisterStreamConsumer"):
        kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="fan-out")
    assert error_code(kinesis.describe_stream, StreamName="nowhere") == "ResourceNotFoundException"
    assert error_code(kinesis.get_records, ShardIterator="bm8=") == "InvalidArgumentException"


def test_an_iterator_expires_with_its_stream(kinesis, make_stream):
    name = make_stream()
    iterator = iterator_of(kinesis, name)
    kinesis.delete_stream(StreamName=name)
    kinesis.create_stream(StreamName=name, ShardCount=1)
    assert error_code(kinesis.get_records, ShardIterator=iterator) == "ResourceNotFoundException"


def test_a_stack_creates_changes_and_deletes_a_stream(kinesis, stacks):
    properties = {"Name": "stacked", "ShardCount": 2, "RetentionPeriodHours": 24}
    resources = {"Stream": {"Type": "AWS::Kinesis::Stream", "Properties": properties}}
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Stream", "Arn"]}}, "Name": {"Value": {"Ref": "Stream"}}}
    stack = create(stacks, resources, Outputs=outputs)
    summary = kinesis.describe_stream_summary(StreamName="stacked")["StreamDescriptionSummary"]
    told = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert told == {"Arn": summary["StreamARN"], "Name": "stacked"}
    kinesis.put_record(StreamName="stacked", Data=b"kept", PartitionKey="k", ExplicitHashKey="0")
    properties |= {"ShardCount": 4, "RetentionPeriodHours": 72}
    stacks.update_stack(StackName="test", TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs}))
    summary = kinesis.describe_stream_summary(StreamName="stacked")["StreamDescriptionSummary"]
    assert (summary["OpenShardCount"], summary["RetentionPeriodHours"]) == (4, 72)
    assert [one["Data"] for one in read_shard(kinesis, "stacked")] == [b"kept"]
    stacks.delete_stack(StackName="test")
    assert "stacked" not in kinesis.list_streams()["StreamNames"]


def test_a_stack_with_a_consumer_fails_by_its_name(stacks):
    consumer = {"Type": "AWS::Kinesis::StreamConsumer", "Properties": {"ConsumerName": "c", "StreamARN": "arn"}}
    create(stacks, {"Consumer": consumer})
    assert "AWS::Kinesis::StreamConsumer is not supported" in failures(stacks)[0][1]


def test_every_acknowledged_record_survives_a_kill_among_them_in_order(own_endpoint):
    client = own_endpoint.client("kinesis")
    client.create_stream(StreamName="killed", ShardCount=4)
    acknowledged = {number: [] for number in range(4)}
    enough = threading.Event()

    def put(writer):
        mine = own_endpoint.client("kinesis")
        for batch in range(10_000):
            records = [{"Data": b"%d" % (batch * 10 + n), "PartitionKey": str(writer)} for n in range(10)]
            try:
                answer = mine.put_records(StreamName="killed", Records=records)
            except (BotoCoreError, ClientError):
                return
            acknowledged[writer] += [one["SequenceNumber"] for one in answer["Records"] if "SequenceNumber" in one]
            if batch > 20:
                enough.set()

    with ThreadPoolExecutor(4) as pool:
        for writer in acknowledged:
            pool.submit(put, writer)
        assert enough.wait(60)
        own_endpoint.kill()
    own_endpoint.start()
    found = {number: [] for number in range(4)}
    for shard in shards_of(client, "killed"):
        for one in read_shard(client, "killed", shard["ShardId"]):
            found[int(one["PartitionKey"])].append((one["SequenceNumber"], int(one["Data"])))
    for writer, numbers in acknowledged.items():
        assert set(numbers) <= {number for number, _ in found[writer]}
        assert [value for _, value in found[writer]] == sorted(value for _, value in found[writer])
    later = client.put_record(StreamName="killed", Data=b"", PartitionKey="0")["SequenceNumber"]
    assert int(later) > max(int(number) for numbers in acknowledged.values() for number in numbers)
