"""The Lambda functions' code, as zips that depend on the content of their files alone.

A folder of `lambdas/` with a `package.toml` is a function. Its zip has the folder as a package, so the template's
handler is `<name>.handler.handler`, and what the package.toml names besides:

    packages = ["lakehouse_contract", "lambdas/lakehouse_http"]   # put at the top of the zip, to be imported
    folders = ["sql/athena/stock_prices"]                         # put below the path that they have here

Folders without a package.toml are packages that functions share. boto3 is the runtime's.
"""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from deployment.archive import source_files, zip_files
from deployment.errors import DeploymentError

FUNCTIONS = "lambdas"
PACKAGE_FILE = "package.toml"
# Lambda takes 50 MB in a request and 250 MB unpacked from a bucket; these functions have no libraries.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_BYTES = 50 * 1024 * 1024

_PREFIX = "functions/"
_MEMBERS = {"packages", "folders"}


@dataclass(frozen=True)
class FunctionCode:
    """A function's zip; `key` in the bucket of artefacts is that of its content."""

    name: str
    content: bytes

    @property
    def key(self) -> str:
        return f"{_PREFIX}{self.name}-{hashlib.sha256(self.content).hexdigest()[:16]}.zip"

    @property
    def parameter(self) -> str:
        """The parameter by which a template takes the key: `TradesApiCodeKey` of `trades_api`."""
        return f"{self.name.title().replace('_', '')}CodeKey"


def function_codes(repository: Path) -> list[FunctionCode]:
    """The zips of all functions, in the order of their names; raises DeploymentError for a wrong package.toml."""
    declarations = sorted((repository / FUNCTIONS).glob(f"*/{PACKAGE_FILE}"))
    return [_build(repository, declaration) for declaration in declarations]


def upload_functions(s3: Any, bucket: str, codes: list[FunctionCode]) -> dict[str, str]:
    """Bring to the bucket what it lacks; the templates' parameters with the keys.

    Zips of other content stay: CloudFormation goes back to them when an update fails.
    """
    for code in codes:
        if not _is_there(s3, bucket, code.key):
            s3.put_object(Bucket=bucket, Key=code.key, Body=code.content)
    return {code.parameter: code.key for code in codes}


def _build(repository: Path, declaration: Path) -> FunctionCode:
    function = declaration.parent
    try:
        content = tomllib.loads(declaration.read_text())
    except tomllib.TOMLDecodeError as error:
        raise DeploymentError(f"{declaration} is not TOML: {error}.") from error
    if unknown := sorted(content.keys() - _MEMBERS):
        raise DeploymentError(f"{declaration} has {unknown[0]!r}, which it cannot have: remove it.")
    files: dict[Path, list[Path]] = {}
    for package in [function, *_named(repository, declaration, content.get("packages", []))]:
        files.setdefault(package.parent, []).extend(source_files(package))
    for folder in _named(repository, declaration, content.get("folders", [])):
        files.setdefault(repository, []).extend(source_files(folder))
    zipped = zip_files(files)
    if len(zipped) > MOST_BYTES:
        raise DeploymentError(f"The function {function.name} has {len(zipped)} bytes: Lambda takes {MOST_BYTES}.")
    return FunctionCode(function.name, zipped)


def _named(repository: Path, declaration: Path, paths: list[str]) -> Iterator[Path]:
    for path in paths:
        folder = repository / path
        if not folder.is_dir():
            raise DeploymentError(f"{declaration} names {path!r}, which is no folder: correct or remove it.")
        yield folder


def _is_there(s3: Any, bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            return False
        raise
    return True
