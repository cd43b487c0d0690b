"""Data Docs: Great Expectations' pages, made to work without the network, and put into their bucket."""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment

from lakehouse_glue.lake import WriteObject

# The pages ask other hosts for styles, scripts and logos: pages about financial data should not, and offline cannot.
EXTERNAL = re.compile(
    r'<script[^>]*\bsrc="https?://[^>]*>\s*</script>'
    r'|<link[^>]*\bhref="https?://[^>]*>'
    r'|<img[^>]*\bsrc="https?://[^>]*>'
    r"|url\('https?://[^)]*\)"
)


def publish_data_docs(directory: Path, write: WriteObject, prefix: str, results: Mapping[str, Any]) -> None:
    """Write the pages of a built site below a prefix, with an index of `results` (see results.json).

    Great Expectations' own index is left out: a script from the network draws it.
    """
    style = _resource("data_docs.css")
    for path in sorted(directory.glob("*/**/*.html")):
        page = EXTERNAL.sub("", path.read_text()).replace("</head>", f"<style>{style}</style></head>", 1)
        _write_page(write, f"{prefix}/{path.relative_to(directory).as_posix()}", page)
    pages = {
        path.relative_to(directory).parts[1]: path.relative_to(directory).as_posix()
        for path in directory.glob("validations/**/*.html")
    }
    index = Environment(autoescape=True).from_string(_resource("index.html.j2"))
    _write_page(write, f"{prefix}/index.html", index.render(style=style, pages=pages, **results))


def _resource(name: str) -> str:
    return files("lakehouse_glue.quality").joinpath(name).read_text()


def _write_page(write: WriteObject, key: str, page: str) -> None:
    write(key, page.encode(), "text/html; charset=utf-8")
