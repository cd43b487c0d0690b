"""The data files under a crawler's target."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from local_aws.storage import object_keys, object_path

GLOB_TOKENS = re.compile(r"\*\*/?|\*|\?|\[!?[^\]]*\]|[{},]|\\.|.", re.DOTALL)
GLOB_EXPRESSIONS = {"*": "[^/]*", "**": ".*", "**/": "(?:.*/)?", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}


@dataclass(frozen=True)
class DataFile:
    """An object with content; size in bytes."""

    bucket: str
    key: str
    size: int

    @property
    def path(self) -> Path:
        return object_path(self.bucket, self.key)

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def folder(self) -> str:
        """The key up to and with its last slash."""
        return self.key.rpartition("/")[0] + "/" if "/" in self.key else ""

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]


def data_files(bucket: str, prefix: str, exclusions: Iterable[str] = ()) -> list[DataFile]:
    """Files below a folder, but for empty ones, hidden ones (`_`, `.`) and those that a glob pattern excludes."""
    excluded = [glob_expression(pattern) for pattern in exclusions]
    return [
        file
        for file in _files(bucket, prefix)
        if file.size
        and not any(part.startswith(("_", ".")) for part in file.key[len(prefix) :].split("/"))
        and not any(expression.fullmatch(file.key[len(prefix) :]) for expression in excluded)
    ]


def glob_expression(pattern: str) -> re.Pattern[str]:
    """A crawler's exclude pattern: `*` within a folder, `**` across folders, `?`, `[a-z]`, `{a,b}`."""
    return re.compile("".join(_glob_tokens(pattern)), re.DOTALL)


def _glob_tokens(pattern: str) -> Iterator[str]:
    depth = 0
    for token in GLOB_TOKENS.findall(pattern):
        depth += (token == "{") - (token == "}")  # noqa: S105  a brace of a pattern
        if token.startswith("[") and len(token) > 1:
            yield token.replace("[!", "[^")
        elif token.startswith("\\") and len(token) > 1:
            yield re.escape(token[1])
        elif token == "," and not depth:  # noqa: S105  a comma of a pattern
            yield ","
        else:
            yield GLOB_EXPRESSIONS.get(token, re.escape(token))


def _files(bucket: str, prefix: str) -> Iterator[DataFile]:
    for key in object_keys(bucket, prefix):
        try:
            size = object_path(bucket, key).stat().st_size
        except FileNotFoundError:
            continue
        yield DataFile(bucket, key, size)
