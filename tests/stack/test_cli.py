import subprocess
import sys
from pathlib import Path

import pytest

from stack.cli import _parameters
from stack.errors import StackError

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
    [
        ["status"],
        ["query", "SELECT 1"],
        ["trigger"],
        ["seed"],
        ["rollback"],
        ["s3", "ls"],
        ["arrivals", "status"],
        ["sales", "status"],
        ["report"],
    ],
)
def test_without_a_running_stack_one_sentence_says_so(tmp_path, command):
    result = lakehouse(tmp_path, *command)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "The stack is not running: start it with `lakehouse up`.\n"


def test_down_and_clean_without_a_stack_succeed(tmp_path):
    assert lakehouse(tmp_path / "home", "down").returncode == 0
    assert lakehouse(tmp_path / "home", "clean").returncode == 0
    assert not (tmp_path / "home").exists()


def test_clean_removes_no_folder_that_is_not_a_stacks(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    result = lakehouse(tmp_path, "clean")
    assert result.returncode == 1
    assert (
        result.stderr == f"{tmp_path} holds other files than a stack's: set LAKEHOUSE_HOME to a new or empty folder.\n"
    )
    assert (tmp_path / "thesis.txt").exists()


def test_a_home_that_is_no_folder_is_named(tmp_path):
    (tmp_path / "file").touch()
    result = lakehouse(tmp_path / "file" / "home", "up")
    assert result.returncode == 1
    assert "Not a directory" in result.stderr
    assert "set LAKEHOUSE_HOME to one that you may write to" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "nobody"], "There is no process nobody: the processes are aws, airflow-api-server, "),
        (["seed", "--scale", "nan"], "--scale is nan: set it to a number from 0.01 to 10,000."),
        (["seed", "--as-of", "0001-01-01"], "--as-of 0001-01-01 is too early: take a day from 1970 on."),
        (
            ["demo", "--pipelines", "purchases"],
            "There is no pipeline 'purchases': name some of warehouse,arrivals,market_data,sales,trades.",
        ),
        (["report", "shares"], "There is no report of 'shares': name some of warehouse, arrivals, market_data, sales."),
        (["market-data", "watch", "--since", "1/2/2024"], "--since is '1/2/2024': write a day as 2024-01-02."),
        (["market-data", "watch", "--file", "/nowhere.csv"], "/nowhere.csv cannot be read as text in UTF-8: "),
        (
            ["trades", "produce", "--symbols", "ALBA,NONE"],
            "The feed has no trades of 'NONE': name symbols of the market",
        ),
        (["logs", "../../etc/passwd"], "There are no logs in "),
        (["logs", "\udcff"], "There are no logs in "),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, arguments, sentence):
    result = lakehouse(tmp_path, *arguments)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(sentence)
    assert result.stderr.count("\n") == 1


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
        "report",
        "s3",
        "arrivals",
        "market-data",
        "trades",
        "versions",
        "rollback",
        "demo",
    ]
    assert [name for name in names if f"│ {name} " not in help_text] == []


def test_a_parameter_without_a_value_is_refused_before_anything_is_triggered() -> None:
    with pytest.raises(StackError, match="'load_date' is no parameter: write it as name=value"):
        _parameters(["load_date"])


def test_parameters_keep_what_stands_behind_the_first_equals_sign() -> None:
    assert _parameters(["load_date=2026-11-20", "run=a=b"]) == {"load_date": "2026-11-20", "run": "a=b"}


def test_a_command_starts_without_what_only_generated_data_needs():
    started = [sys.executable, "-c", "import sys, stack.cli; sys.exit('pandas' in sys.modules)"]
    assert subprocess.run(started, check=False).returncode == 0
