"""The stack's trade feed and producer: their processes, their health, and what the feed can be told."""

import os
import subprocess
import sys
import time
from dataclasses import replace

import httpx
import pytest

from stack import trades
from stack.credentials import load_credentials
from stack.errors import StackError
from stack.health import checks, examine
from stack.ports import free_ports
from stack.settings import StackSettings
from stack.supervision import Program, Supervisor
from stack.trades import FeedClient, default_symbols
from stack.waiting import wait_until


@pytest.fixture
def settings(tmp_path) -> StackSettings:
    return StackSettings(tmp_path, *free_ports(6))


def test_the_feed_is_healthy_takes_the_token_of_the_stack_and_does_as_it_is_told(settings):
    credentials = load_credentials(settings.home)
    program = trades.feed_program(settings, credentials)
    (check,) = [check for check in checks(settings, "", "") if check.program == program.name]
    assert examine([check]).problems == {}, "it is not asked before it runs"
    assert examine([check], [program.name]).problems.keys() == {"trade-feed"}
    feed = FeedClient(settings, credentials)
    with pytest.raises(StackError, match="No trade feed runs: start it with `lakehouse trades produce`"):
        feed.counts()
    process = subprocess.Popen(program.command, env=os.environ | program.environment)
    try:
        wait_until(lambda: trades.is_ready(settings), program.name, timeout_seconds=60)
        assert examine([check], [program.name]).problems == {}
        health_check = [sys.executable, "-m", "stack.healthy", "trade-feed"]
        subprocess.run(health_check, env={"LAKEHOUSE_FINNHUB_URL": settings.trade_feed_url}, check=True)
        assert feed.counts()["rate"] == 0
        feed.set_rate(7)
        assert feed.counts()["rate"] == 7
        with pytest.raises(StackError, match="the faults are garbage, binary"):
            feed.add_fault("earthquake", 1, 1)
        assert httpx.get(f"{settings.trade_feed_api_url}/_admin/counts").status_code == 401
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_a_feed_elsewhere_is_found_by_its_address(settings):
    elsewhere = replace(settings, trade_feed_server="ws://trade-feed:8091")
    assert elsewhere.trade_feed_api_url == "http://trade-feed:8091"
    assert elsewhere.trade_feed_listener == ("0.0.0.0", 8091)  # noqa: S104


def test_a_producer_without_a_heartbeat_is_found(settings):
    (check,) = [check for check in checks(settings, "", "") if check.program == "trade-producer"]
    alone = replace(check, needs=())
    settings.run_directory.mkdir()
    assert examine([alone], ["trade-producer"]).problems.keys() == {"trade-producer"}
    settings.heartbeat_file.touch()
    assert examine([alone], ["trade-producer"]).problems == {}
    os.utime(settings.heartbeat_file, (time.time() - 100,) * 2)
    assert "its last heartbeat is 100 seconds old" in examine([alone], ["trade-producer"]).problems["trade-producer"]


def test_a_group_of_programs_can_be_removed(tmp_path):
    supervisor = Supervisor(StackSettings(tmp_path / "home"))
    supervisor.start()
    try:
        supervisor.apply("stays", [Program("stays", ["sleep", "1000"])])
        supervisor.apply("goes", [Program("goes", ["sleep", "1000"])])
        supervisor.remove("goes")
        supervisor.remove("never-was")
        assert [state.name for state in supervisor.states()] == ["stays"]
    finally:
        supervisor.stop()


def test_the_symbols_are_of_every_sector():
    symbols = default_symbols(20)
    assert len(set(symbols)) == 20
    assert symbols == sorted(symbols)
