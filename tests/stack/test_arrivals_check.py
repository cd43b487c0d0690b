"""`lakehouse arrivals check`, without a stack."""

import gzip
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from stack.cli import main

HEADER = "Date,Close/Last,Volume,Open,High,Low\n"
FILES = {
    "AMD.csv": HEADER + "01/02/2024,$138.58,51025590,$144.28,$144.3999,$136.45\n01/03/2024,N/A,1,$1,[bold]$1,$1\n",
    "OK.csv.gz": HEADER + "01/02/2024,$138.58,51025590,$144.28,$144.3999,$136.45\n",
    "twoways.csv": "date,symbol,open,high,low,close,volume\n04/01/2024,A,1,1,1,1,1\n",
    "dayfirst.csv": "date,symbol,open,high,low,close,volume\n04/01/2024,A,1,1,1,1,1\n31/01/2024,A,1,1,1,1,1\n",
    "prices.txt": "date,symbol\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for name, content in FILES.items():
        (folder / name).write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    return folder


@dataclass(frozen=True)
class Shown:
    code: int
    output: str
    error: str


@pytest.fixture
def check(folder, monkeypatch, capsys):
    def run(*arguments: str) -> Shown:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("LAKEHOUSE_HOME", str(folder / "no_stack"))
        monkeypatch.setattr(sys, "argv", ["lakehouse", "arrivals", "check", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        return Shown(end.value.code or 0, *capsys.readouterr())

    return run


def test_reader_is_found_by_a_process_of_its_own(folder):
    environment = {"LAKEHOUSE_HOME": str(folder / "no_stack"), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", "from stack.cli import main; main()", "arrivals", "check", "OK.csv.gz"]
    shown = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("OK.csv.gz is of the feed nasdaq: ")


def test_feed_rows_and_rejects_are_shown(check):
    shown = check("AMD.csv", "--max-reject-share", "0.5")
    assert (shown.code, shown.error) == (0, "")
    feed, *_, rows, reasons = shown.output.splitlines()
    assert feed.startswith("AMD.csv is of the feed nasdaq: ")
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.output.splitlines() if "│" in line]
    assert cells == [
        ["2", "AMD", "2024-01-02", "144.28", "144.3999", "136.45", "138.58", "51025590", ""],
        ["3", *[""] * 7, "invalid_price: 01/03/2024,N/A,1,$1,[bold]$1,$1"],
    ]
    assert (rows, reasons) == ("2 rows, 1 good, 1 rejected", "  invalid_price: 1")


def test_order_of_day_and_month_is_that_of_the_whole_file(check):
    assert "2024-01-04" in check("dayfirst.csv", "--rows", "1").output


def test_compressed_file_is_read(check):
    shown = check("OK.csv.gz", "--feed", "nasdaq", "--rows", "0")
    assert (shown.code, shown.output.splitlines()[1:]) == (0, ["1 rows, 1 good, 0 rejected"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["AMD.csv"], "AMD.csv would go to quarantine. 1 of 2 rows (50.00%) are bad, more than the allowed 5.00%, "),
        (["twoways.csv"], "twoways.csv would go to quarantine. 1 of its dates can be read month first or day first, "),
        (["AMD.csv", "--feed", "x"], "AMD.csv would go to quarantine. There is no feed x: put the file into the "),
        (["none.csv"], "none.csv does not exist."),
        (["."], ". is a directory: name the files in it."),
        (["prices.txt"], "prices.txt is neither a .csv nor a .csv.gz file."),
    ],
)
def test_file_that_would_not_be_loaded_is_told_in_one_sentence(check, arguments, sentence):
    shown = check(*arguments)
    assert (shown.code, shown.error.count("\n")) == (1, 1)
    assert shown.error.startswith(sentence)
