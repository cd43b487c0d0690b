"""How far a stream of trades was read: over its silences and the splits of its shards; and a gap is told."""

from datetime import UTC, datetime, timedelta

import pytest
from lakehouse_aws.errors import LakeError
from lakehouse_aws.trades import load
from lakehouse_aws.trades.positions import ShardPosition, StreamPositions
from lakehouse_aws.trades.stream import Stream, check_no_gap

from tests.plugins.trades_lake import TradesLake, trade


@pytest.fixture
def lake(trades_lake: TradesLake) -> TradesLake:
    return trades_lake


def test_a_stream_that_was_silent_for_long_is_noted_as_read(lake, monkeypatch) -> None:
    lake.put(trade("A", 1))
    lake.load_and_publish()
    before = lake.hook.published_positions()
    monkeypatch.setattr(load, "NOTED_SHARE", 1_000_000)
    lake.load_and_publish()
    after = lake.hook.published_positions()
    assert after.complete_until > before.complete_until
    assert {shard.sequence_number for shard in after.shards.values()} == {
        shard.sequence_number for shard in before.shards.values()
    }
    assert lake.trades() == [("A", 1)]


def test_shards_that_were_split_are_read_with_their_children(lake) -> None:
    lake.put(trade("A", 1))
    lake.load_and_publish()
    shard = lake.kinesis.list_shards(StreamName=lake.stream)["Shards"][0]
    bounds = [int(shard["HashKeyRange"][name]) for name in ("StartingHashKey", "EndingHashKey")]
    lake.put(trade("A", 2), trade("B", 2))
    lake.kinesis.split_shard(
        StreamName=lake.stream, ShardToSplit=shard["ShardId"], NewStartingHashKey=str(sum(bounds) // 2)
    )
    lake.put(trade("A", 3), trade("B", 3))
    lake.load_and_publish()
    assert lake.trades() == [("A", 1), ("A", 2), ("A", 3), ("B", 2), ("B", 3)]
    positions = lake.hook.published_positions()
    assert positions.shards[shard["ShardId"]].is_finished


def test_another_stream_of_the_name_is_told_and_read_on_request(lake) -> None:
    lake.put(trade("A", 1))
    lake.load_and_publish()
    lake.kinesis.delete_stream(StreamName=lake.stream)
    lake.make_stream()
    lake.put(trade("B", 2))
    with pytest.raises(LakeError, match=r"created anew.*accept_gap"):
        lake.load()
    lake.load_and_publish(accepts_gap="True")
    assert lake.trades() == [("A", 1), ("B", 2)]


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STREAM = Stream("trades", NOW - timedelta(days=9), timedelta(days=3), {"shard-0": False})


@pytest.mark.parametrize(
    ("position", "is_told"),
    [
        (ShardPosition("1", NOW - timedelta(days=2)), False),
        (ShardPosition("1", NOW - timedelta(days=4)), True),
        (ShardPosition("1", NOW - timedelta(days=4), is_finished=True), False),
    ],
)
def test_records_that_may_have_left_the_stream_unread_are_told(position, is_told) -> None:
    since = StreamPositions(STREAM.created_at, {"shard-0": position})
    if is_told:
        with pytest.raises(LakeError, match="shard-0 of the stream trades was read up to 2026-11-16 12:00 UTC"):
            check_no_gap(STREAM, since, NOW)
    else:
        check_no_gap(STREAM, since, NOW)


def test_a_shard_that_is_gone_before_its_end_was_read_is_told() -> None:
    since = StreamPositions(STREAM.created_at, {"shard-9": ShardPosition("1", NOW)})
    with pytest.raises(LakeError, match="shard-9"):
        check_no_gap(STREAM, since, NOW)


def test_positions_come_back_as_they_were_told() -> None:
    shards = {"a": ShardPosition("495", NOW), "b": ShardPosition(None, NOW - timedelta(days=1), is_finished=True)}
    positions = StreamPositions(NOW, shards)
    assert StreamPositions.from_json(positions.to_json()) == positions
    assert positions.complete_until == NOW
    assert [positions.has_read("a", number) for number in ("495", "496")] == [True, False]
