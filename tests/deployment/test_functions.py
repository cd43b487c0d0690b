"""The functions' zips: what they hold, and that the same files give the same bytes."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from deployment.errors import DeploymentError
from deployment.functions import FunctionCode, function_codes


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {
        "lambdas/ticker/package.toml": 'packages = ["lambdas/common"]\nfolders = ["sql/athena/prices"]\n',
        "lambdas/ticker/handler.py": "from common import answers\n",
        "lambdas/common/__init__.py": "",
        "lambdas/common/answers.py": "",
        "sql/athena/prices/latest.sql": "SELECT 1",
        "sql/athena/others/other.sql": "SELECT 2",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def names_in(code: FunctionCode) -> set[str]:
    return set(zipfile.ZipFile(io.BytesIO(code.content)).namelist())


def test_a_zip_has_the_function_and_what_it_names(repository) -> None:
    (code,) = function_codes(repository)
    assert code.name == "ticker"
    assert code.parameter == "TickerCodeKey"
    assert names_in(code) == {
        "ticker/package.toml",
        "ticker/handler.py",
        "common/__init__.py",
        "common/answers.py",
        "sql/athena/prices/latest.sql",
    }


def test_a_key_tells_of_the_content_and_of_nothing_else(repository) -> None:
    handler = repository / "lambdas/ticker/handler.py"
    (first,) = function_codes(repository)
    os.utime(handler, (0, 0))
    (touched,) = function_codes(repository)
    handler.write_text("from common import other_answers\n")
    (changed,) = function_codes(repository)
    assert touched == first
    assert changed.key != first.key


def test_what_is_named_and_missing_is_told(repository) -> None:
    (repository / "lambdas/ticker/package.toml").write_text('packages = ["lambdas/commons"]')
    with pytest.raises(DeploymentError, match="lambdas/commons"):
        function_codes(repository)


def test_a_member_without_meaning_is_told(repository) -> None:
    (repository / "lambdas/ticker/package.toml").write_text('package = "lambdas/common"')
    with pytest.raises(DeploymentError, match="'package'"):
        function_codes(repository)
