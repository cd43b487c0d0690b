"""The functions' zips: what they hold, and that the same files give the same bytes."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cfnlint import decode

from deployment.bundle import REPOSITORY
from deployment.errors import DeploymentError
from deployment.functions import FunctionCode, function_codes

IMPORT_HANDLER = """
import importlib
import sys
handler, zipped, repository = sys.argv[1:]
module, _, function = handler.rpartition(".")
assert callable(getattr(importlib.import_module(module), function))
files = [getattr(found, "__file__", None) or "" for found in sys.modules.values()]
strangers = [file for file in files if file.startswith(repository) and "site-packages" not in file]
assert not strangers, f"not in the zip: {strangers}"
"""


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


def test_the_handlers_of_the_templates_are_imported_from_their_zips(tmp_path) -> None:
    codes = {code.parameter: code for code in function_codes(REPOSITORY)}
    handlers = dict(template_handlers())
    assert handlers.keys() == codes.keys()
    for parameter, handler in handlers.items():
        zipped = tmp_path / f"{parameter}.zip"
        zipped.write_bytes(codes[parameter].content)
        command = [sys.executable, "-c", IMPORT_HANDLER, handler, str(zipped), str(REPOSITORY)]
        environment = {"PYTHONPATH": str(zipped)}
        loaded = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert loaded.returncode == 0, loaded.stderr


def template_handlers():
    """The handlers of all functions, by the parameter that names their zip."""
    for path in sorted((REPOSITORY / "infra").glob("*.yaml")):
        for resource in decode.decode(str(path))[0]["Resources"].values():
            if isinstance(resource, dict) and resource["Type"] == "AWS::Lambda::Function":
                properties = resource["Properties"]
                yield properties["Code"]["S3Key"]["Ref"], properties["Handler"]
