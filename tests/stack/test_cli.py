import subprocess
import sys
from pathlib import Path

import pytest

MAIN = "from stack.cli import main; main()"


def lakehouse(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", MAIN, *arguments],
        cwd=Path(__file__).parents[2],
        env={"LAKEHOUSE_HOME": str(home), "PATH": "/usr/bin:/bin", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "command",
    [["status"], ["query", "SELECT 1"], ["trigger"], ["seed"], ["rollback"], ["s3", "ls"], ["arrivals", "status"]],
)
def test_without_a_running_stack_one_sentence_says_so(tmp_path, command):
    result = lakehouse(tmp_path, *command)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "The stack is not running: start it with `lakehouse up`.\n"


def test_down_and_clean_without_a_stack_succeed(tmp_path):
    assert lakehouse(tmp_path / "home", "down").returncode == 0
    assert lakehouse(tmp_path / "home", "clean").returncode == 0
    assert not (tmp_path / "home").exists()


def test_logs_without_a_start_say_how_to_start(tmp_path):
    result = lakehouse(tmp_path, "logs")
    assert result.returncode == 1
    assert "start the stack with `lakehouse up`" in result.stderr


def test_help_names_every_command(tmp_path):
    help_text = lakehouse(tmp_path, "--help").stdout
    names = [
        "up",
        "down",
        "status",
        "logs",
        "seed",
        "trigger",
        "query",
        "redshift",
        "s3",
        "arrivals",
        "snapshots",
        "rollback",
        "demo",
    ]
    assert [name for name in names if f"│ {name} " not in help_text] == []
