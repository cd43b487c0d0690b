"""What the running stack and the plain reading took differently, kept as test cases of `make test`."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.fuzz.stock_files import StockFile
from tests.fuzz.stock_forms import FORMS

STOCK_FILES = Path(__file__).with_name("found") / "stock_files"
SOURCE_ROWS = Path(__file__).with_name("found") / "source_rows"


def keep_file(file: StockFile) -> Path:
    """Write a stock file, by its name in the lake."""
    path = STOCK_FILES / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.content)
    return path


def found_files() -> Iterator[StockFile]:
    """The first folder of a kept file is its feed."""
    for path in sorted(path for path in STOCK_FILES.rglob("*") if path.is_file()):
        name, content = path.relative_to(STOCK_FILES).as_posix(), path.read_bytes()
        form = next(form for form in FORMS if form.feed == name.partition("/")[0])
        _, _, body = content.partition(b"\n")
        lines = body.removesuffix(b"\n").split(b"\n") if body else []
        yield StockFile(replace(form, file_name=path.name), name, content, lines)


def keep_row(source: str, row: dict[str, Any] | str, seed: int, number: int) -> Path:
    """Write a row of a source, or the text of a document."""
    path = SOURCE_ROWS / source / f"{seed}-{number}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(row, indent=2) + "\n")
    return path


def found_rows(source: str) -> list[Any]:
    return [json.loads(path.read_text()) for path in sorted((SOURCE_ROWS / source).glob("*.json"))]
