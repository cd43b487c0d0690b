"""The second way in: S3's notifications start the runs, and an idle system has none."""

from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from lakehouse_contract.arrivals.kinds import STOCK_FILES
from stack.airflow_client import FINAL_RUN_STATES
from stack.arrivals.drop import drop, follow
from stack.stocks.files import write_months
from stack.waiting import wait_until
from tests.e2e.conftest import RUN_SECONDS, Lakehouse

pytestmark = pytest.mark.long


class Runs:
    """The runs of the arrivals pipeline."""

    def __init__(self, airflow_url: str) -> None:
        self._url = f"{airflow_url}/api/v2/dags/stock_csv_arrivals/dagRuns"

    def all(self) -> dict[str, dict[str, Any]]:
        response = httpx.get(self._url, params={"limit": 100, "order_by": "-run_after"}, timeout=60)
        return {run["dag_run_id"]: run for run in response.raise_for_status().json()["dag_runs"]}

    def when_idle(self) -> dict[str, dict[str, Any]]:
        """All runs, at a moment at which none is going on."""
        found: dict[str, dict[str, Any]] = {}

        def is_idle() -> bool:
            found.update(self.all())
            return all(run["state"] in FINAL_RUN_STATES for run in found.values())

        wait_until(is_idle, "The end of all runs", RUN_SECONDS)
        return found


@pytest.fixture(scope="module")
def runs(lakehouse: Lakehouse) -> Runs:
    """With runs started by notifications only."""
    lakehouse.take_arrivals_by("queue")
    runs = Runs(lakehouse.settings.airflow_url)
    runs.when_idle()
    return runs


def test_files_are_loaded_by_runs_that_their_arrival_starts(lakehouse: Lakehouse, runs: Runs, tmp_path: Path) -> None:
    before = runs.all()
    files = write_months(tmp_path, 5, date(2024, 5, 1), date(2024, 7, 1))
    dropped = drop(lakehouse.settings, STOCK_FILES, [file.path for file in files])
    loaded = list(follow(lakehouse.settings, STOCK_FILES, dropped))
    assert [row.status for row in loaded] == ["loaded"] * 3
    [count] = lakehouse.athena("SELECT count(*) AS prices FROM stock_prices WHERE year = 2024")
    assert int(count["prices"]) == sum(row.rows_out for row in loaded) > 0
    started = [run for run_id, run in runs.when_idle().items() if run_id not in before]
    sweeps = {("scheduled", "success")}
    assert {(run["run_type"], run["state"]) for run in started} - sweeps == {("asset_triggered", "success")}
