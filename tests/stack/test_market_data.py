"""The stack's market data API: its process, the connection to it, the key, and the symbols that are watched."""

import csv
import io
import json
import os
import subprocess
import sys

import httpx
import pytest

from lakehouse_contract.market_data import WATCHLIST_KEY
from stack import market_data
from stack.credentials import load_credentials
from stack.errors import StackError
from stack.health import checks, examine
from stack.market_data_api.instruments import all_instruments
from stack.ports import free_ports
from stack.settings import StackSettings
from stack.waiting import wait_until


@pytest.fixture
def settings(tmp_path) -> StackSettings:
    return StackSettings(tmp_path, *free_ports(5))


def test_the_process_is_healthy_and_takes_the_key_of_the_connection(settings):
    credentials = load_credentials(settings.home)
    program = market_data.program(settings, credentials)
    (check,) = [check for check in checks(settings, "", "") if check.program == program.name]
    assert examine([check]).problems.keys() == {"market-data-api"}
    process = subprocess.Popen(program.command, env=os.environ | program.environment)
    try:
        wait_until(lambda: market_data.is_ready(settings), program.name, timeout_seconds=60)
        assert examine([check]).problems == {}
        health_check = [sys.executable, "-m", "stack.healthy", "market-data-api"]
        subprocess.run(health_check, env={"LAKEHOUSE_MARKET_DATA_URL": settings.market_data_url}, check=True)
        connection = json.loads(market_data.connection(settings, credentials))
        assert connection["conn_type"] == "http"
        key = {"Authorization": f"apikey {connection['password']}"}
        assert httpx.get(f"{connection['host']}/api_usage", headers=key).json()["plan_limit"] == 610
        market_data.add_fault(settings, credentials, "server_error", 1, None)
        assert httpx.get(f"{connection['host']}/api_usage", headers=key).status_code == 500
        with pytest.raises(StackError, match="the faults are minute_limit, day_limit"):
            market_data.add_fault(settings, credentials, "earthquake", 1, None)
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_a_home_from_before_gets_a_key_and_keeps_its_passwords(tmp_path):
    first = load_credentials(tmp_path)
    path = tmp_path / "credentials.json"
    kept = json.loads(path.read_text())
    del kept["market_data_key"]
    path.write_text(json.dumps(kept))
    second = load_credentials(tmp_path)
    assert (second.postgres_password, len(second.market_data_key)) == (first.postgres_password, 32)
    assert load_credentials(tmp_path) == second


def test_a_few_symbols_are_watched_until_somebody_says_which(own_endpoint, tmp_path):
    settings = StackSettings(tmp_path / "home", aws_port=own_endpoint.port)
    s3 = own_endpoint.client("s3")
    s3.create_bucket(Bucket="lake")

    def watched() -> str:
        market_data.put_watchlist(settings, "lake")
        return s3.get_object(Bucket="lake", Key=WATCHLIST_KEY)["Body"].read().decode()

    rows = list(csv.DictReader(io.StringIO(watched())))
    assert len(rows) == 12
    assert {row["sector"] for row in rows} == {instrument.sector for instrument in all_instruments().values()}
    market_data.replace_watchlist(settings, "lake", "mine")
    assert watched() == "mine"
