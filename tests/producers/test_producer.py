"""From the feed to the stream: nothing lost, nothing unaccounted for, in order, whatever goes wrong on the way."""

import json
import signal
import time

import pytest

from producers.trades.settings import Settings, SettingsError
from stack.waiting import wait_until
from tests.producers.conftest import SYMBOLS, Stream, sent_ids, stored_ids
from tests.trade_feed_server import TOKEN


@pytest.fixture
def stream(producer_endpoint, make_stream):
    return make_stream(producer_endpoint)


def by_symbol(ids: list[tuple[str, str]]) -> dict[str, list[str]]:
    return {symbol: [identity for each, identity in ids if each == symbol] for symbol in SYMBOLS}


def test_every_trade_arrives_once_in_order_and_the_end_loses_nothing(feed, producer_endpoint, stream, start_producer):
    producer = start_producer(feed, producer_endpoint, stream)
    feed.administer("rate", per_second=2000)
    wait_until(lambda: feed.counts()["trades"] > 3000, "trades", timeout_seconds=30)
    ended = producer.end()
    assert producer.process.returncode == 0
    counts, stored = feed.counts(), stored_ids(stream)
    assert counts["trades"] == ended["received"] == ended["put"] == len(stored) == len(set(stored))
    assert by_symbol(stored) == by_symbol(sent_ids(feed))
    assert (ended["refused"], ended["dropped"], ended["not_put"]) == (0, 0, 0)


def test_sent_is_put_and_refused_through_every_fault(feed, producer_endpoint, stream, start_producer):
    producer = start_producer(feed, producer_endpoint, stream, LAKEHOUSE_TRADES_SILENCE_SECONDS="1")
    feed.administer("rate", per_second=300)
    messages = ("garbage", "binary", "half_message", "nested", "error", "late", "large")
    trades = ("past", "future", "nan", "negative", "text_price", "unknown_symbols", "duplicates")
    for fault in (*messages, *trades):
        feed.fail(fault)
    for fault in ("disconnect", "half_frame"):
        feed.fail(fault)
        wait_until(lambda: feed.counts()["subscribed"] == sorted(SYMBOLS), fault, timeout_seconds=30)
    feed.administer("faults", name="refuse")
    feed.fail("silence", seconds=2)
    before = feed.counts()["trades"]
    wait_until(lambda: feed.counts()["trades"] > before, "trades after the silence", timeout_seconds=30)
    ended, counts = producer.end(), feed.counts()
    stored = stored_ids(stream)
    # The messages that come again may have a trade among them that was refused at first.
    assert counts["unsound"] == ended["refused"] >= 6
    assert ended["refusedmessages"] == counts["unreadable"] + 1, "and the feed's report of an error"
    assert counts["trades"] + counts["repeated"] == ended["put"] == len(stored)
    assert set(stored) == set(sent_ids(feed))
    assert len(set(stored)) == counts["trades"]
    assert ended["connections"] == counts["connections"] >= 4
    assert {"unknown_symbol", "too_old", "in_future", "invalid_price"} <= ended["refused_by_reason"].keys()
    samples = {entry["reason"]: entry["sample"] for entry in producer.log("refused")}
    assert "NaN" in samples["invalid_price"] or "-1" in samples["invalid_price"] or "12.5" in samples["invalid_price"]
    assert TOKEN not in producer.log_file.read_text()


def test_a_lost_endpoint_is_waited_for_and_what_was_put_twice_is_the_same(
    feed, producer_endpoint, stream, start_producer
):
    producer = start_producer(feed, producer_endpoint, stream)
    feed.administer("rate", per_second=1000)
    time.sleep(1)
    producer_endpoint.kill()
    feed.administer("rate", per_second=100)
    producer_endpoint.start()
    before = feed.counts()["trades"]
    wait_until(lambda: feed.counts()["trades"] > before + 200, "trades", timeout_seconds=30)
    ended = producer.end()
    stored = stored_ids(stream)
    assert feed.counts()["trades"] == ended["received"] == ended["put"] == len(set(stored))
    assert ended["retried"] > 0
    assert by_symbol(list(dict.fromkeys(stored))) == by_symbol(sent_ids(feed))


def test_what_cannot_be_put_by_the_end_is_counted_and_told_by_the_exit_code(
    feed, producer_endpoint, stream, start_producer
):
    missing = Stream("no-such-stream", stream.client)
    producer = start_producer(feed, producer_endpoint, missing, LAKEHOUSE_TRADES_FLUSH_SECONDS="1")
    feed.play(per_second=500, until_trades=100)
    ended = producer.end()
    assert producer.process.returncode == 1
    assert ended["not_put"] == ended["dropped"] == ended["received"] == feed.counts()["trades"]
    assert "ResourceNotFoundException" in producer.log("put failed")[0]["errors"]


def test_a_throttled_stream_gets_everything_in_order(feed, producer_endpoint, make_stream, start_producer):
    stream = make_stream(producer_endpoint, shards=1)
    producer = start_producer(feed, producer_endpoint, stream)
    for _ in range(2):
        feed.fail("large")
    wait_until(lambda: producer.log("put failed"), "a throttled put", timeout_seconds=30)
    ended = producer.end()
    assert "ProvisionedThroughputExceededException" in producer.log("put failed")[0]["errors"]
    assert ended["put"] == feed.counts()["trades"]
    assert by_symbol(stored_ids(stream)) == by_symbol(sent_ids(feed))


def test_a_full_buffer_drops_what_it_counts(feed, producer_endpoint, stream, start_producer):
    producer = start_producer(feed, producer_endpoint, stream, LAKEHOUSE_TRADES_BUFFER="1000")
    feed.fail("large")
    ended = producer.end()
    assert ended["received"] == feed.counts()["trades"] == ended["put"] + ended["dropped"]
    assert 0 < ended["dropped"] < ended["received"]
    assert len(set(stored_ids(stream))) == ended["put"]


def test_a_message_beyond_all_bounds_costs_the_connection_and_is_counted(
    feed, producer_endpoint, stream, start_producer
):
    producer = start_producer(feed, producer_endpoint, stream)
    feed.fail("oversized")
    wait_until(lambda: feed.counts()["connections"] == 2, "another connection", timeout_seconds=30)
    wait_until(lambda: feed.counts()["subscribed"] == sorted(SYMBOLS), "the symbols", timeout_seconds=30)
    feed.play(per_second=500, until_trades=50)
    ended = producer.end()
    assert ended["refused_by_reason"] == {"too_large": 1}
    assert ended["put"] == feed.counts()["trades"]


def test_killed_it_loses_what_was_under_way_and_nothing_else(feed, producer_endpoint, stream, start_producer):
    producer = start_producer(feed, producer_endpoint, stream)
    feed.administer("rate", per_second=1000)
    wait_until(lambda: feed.counts()["trades"] > 2000, "trades", timeout_seconds=30)
    killed_at_ms = time.time_ns() // 10**6
    producer.process.send_signal(signal.SIGKILL)
    producer.process.wait()
    again = start_producer(feed, producer_endpoint, stream)
    listened_at_ms = time.time_ns() // 10**6
    wait_until(lambda: feed.counts()["trades"] > 6000, "trades", timeout_seconds=30)
    again.end()
    stored = stored_ids(stream)
    assert len(stored) == len(set(stored))
    lost = [int(identity.partition("-")[0]) for _, identity in set(sent_ids(feed)) - set(stored)]
    assert all(killed_at_ms - 2000 < moment < listened_at_ms for moment in lost)


def test_its_counts_are_metrics(feed, producer_endpoint, stream, start_producer):
    began = time.time() - 60
    # So often that one is under way when the producer ends.
    producer = start_producer(feed, producer_endpoint, stream, LAKEHOUSE_TRADES_METRICS_SECONDS="0.01")
    cloudwatch = producer_endpoint.client("cloudwatch")

    def total(metric: str, **dimensions: str) -> float:
        answer = cloudwatch.get_metric_statistics(
            Namespace="Lakehouse/Trades",
            MetricName=metric,
            StartTime=began,
            EndTime=time.time() + 60,
            Period=3600,
            Statistics=["Sum"],
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        )
        return sum(point["Sum"] for point in answer["Datapoints"])

    before = {name: total(name) for name in ("Received", "Put", "Refused")}
    known = total("Refused", Reason="too_old")
    feed.administer("rate", per_second=500)
    feed.fail("past")
    time.sleep(1)
    ended = producer.end()
    assert total("Received") - before["Received"] == ended["received"]
    assert total("Put") - before["Put"] == ended["put"] > 0
    assert total("Refused") - before["Refused"] == ended["refused"] == 1
    assert total("Refused", Reason="too_old") - known == 1


def test_a_token_that_is_missing_or_rotated_is_told_and_taken_over(feed, producer_endpoint, stream, start_producer):
    secrets = producer_endpoint.client("secretsmanager")
    secrets.create_secret(Name="lakehouse/rotated", SecretString='{"token": ""}')
    producer = start_producer(
        feed, producer_endpoint, stream, is_awaited=False, LAKEHOUSE_FINNHUB_SECRET="lakehouse/rotated"
    )
    wait_until(lambda: producer.log("feed lost"), "a lost feed", timeout_seconds=60)
    assert "The secret lakehouse/rotated has no token: put" in producer.log("feed lost")[0]["reason"]
    secrets.put_secret_value(SecretId="lakehouse/rotated", SecretString='{"token": "old"}')
    wait_until(lambda: "401" in producer.log("feed lost")[-1]["reason"], "a refused token", timeout_seconds=60)
    secrets.put_secret_value(SecretId="lakehouse/rotated", SecretString=json.dumps({"token": TOKEN}))
    wait_until(lambda: feed.counts()["subscribed"] == sorted(SYMBOLS), "a connection", timeout_seconds=60)
    assert producer.end()["connections"] == 1


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        (
            "LAKEHOUSE_TRADES_STREAM",
            "",
            "LAKEHOUSE_TRADES_STREAM is not set: set it to the name of the Kinesis stream.",
        ),
        ("LAKEHOUSE_TRADES_SYMBOLS", "AL BA,", None),
        ("LAKEHOUSE_TRADES_SYMBOLS", "alba!", "LAKEHOUSE_TRADES_SYMBOLS has 'alba!', which is no symbol: correct it."),
        ("LAKEHOUSE_FINNHUB_URL", "http://x", "LAKEHOUSE_FINNHUB_URL is no address of a websocket"),
        ("LAKEHOUSE_TRADES_BUFFER", "many", "LAKEHOUSE_TRADES_BUFFER is 'many': set it to a number above 0."),
    ],
)
def test_a_wrong_setting_is_one_sentence(variable, value, sentence):
    environment = {
        "LAKEHOUSE_TRADES_STREAM": "s",
        "LAKEHOUSE_TRADES_SYMBOLS": "ALBA, AMBA,ALBA",
        "LAKEHOUSE_FINNHUB_SECRET": "x",
    }
    if sentence is None:
        assert Settings.from_environment(environment | {variable: value}).symbols == ("AL BA",)
        return
    with pytest.raises(SettingsError) as error:
        Settings.from_environment(environment | {variable: value})
    assert sentence in str(error.value)
