"""State that another version of the endpoint wrote is refused with the way out."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws import state
from local_aws.settings import endpoint_settings


def test_state_of_an_earlier_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKEHOUSE_AWS_DATA_DIRECTORY", str(tmp_path))
    endpoint_settings.cache_clear()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "glue.pickle").write_bytes(b"state")
    with pytest.raises(state.StateNotReadError, match="written by an earlier version"):
        state.load()
    endpoint_settings.cache_clear()


def test_records_of_another_version_are_refused_in_a_sentence_that_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    records = sqlite3.connect(tmp_path / "state" / "iam.records")
    records.execute("PRAGMA user_version = 1")
    records.close()
    environment = os.environ | {"LAKEHOUSE_AWS_DATA_DIRECTORY": str(tmp_path), "LAKEHOUSE_AWS_PORT": "0"}
    started = subprocess.run(
        [sys.executable, "-m", "local_aws"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert started.returncode == 1
    assert started.stderr == (
        f"The endpoint cannot go on with the state in {tmp_path} (iam.records was written by another version of the"
        " endpoint): run `make clean`, or name another data directory.\n"
    )
