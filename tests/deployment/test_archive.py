import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deployment.archive import zip_glue_packages, zip_packages


@pytest.fixture
def package(tmp_path: Path) -> Path:
    package = tmp_path / "lakehouse_glue"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "rows.py").write_text("ROWS = 1\n")
    (package / "rows.sql").write_text("SELECT 1\n")
    return package


def test_zip_holds_the_package_without_compiled_modules(package):
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "rows.cpython-311.pyc").write_bytes(b"x")
    names = zipfile.ZipFile(io.BytesIO(zip_packages(package))).namelist()
    assert names == ["lakehouse_glue/__init__.py", "lakehouse_glue/rows.py", "lakehouse_glue/rows.sql"]


def test_zip_does_not_depend_on_the_time_of_the_files(package):
    before = zip_packages(package)
    os.utime(package / "rows.py", (1, 1))
    assert zip_packages(package) == before


def test_zip_changes_with_the_content(package):
    before = zip_packages(package)
    (package / "rows.py").write_text("ROWS = 2\n")
    assert zip_packages(package) != before


def test_zip_of_the_glue_package_holds_the_feeds_and_declared_tables_and_can_read_them(tmp_path):
    archive = tmp_path / "lakehouse_glue.zip"
    archive.write_bytes(zip_glue_packages(Path(__file__).parents[2]))
    program = "from lakehouse_contract.tables import declared_tables; "
    program += "from lakehouse_glue.stocks.feeds.declarations import read_feeds; "
    program += "print(*read_feeds(), *(table.name for table in declared_tables()))"
    environment = {"PYTHONPATH": str(archive), "PATH": "/usr/bin:/bin"}
    read = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert {"plain", "stock_prices"} <= set(read.stdout.split())
