"""The page of a report: one HTML file with its charting library, which asks no other host for anything."""

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files

from lakehouse_aws.reports.charts import Row
from lakehouse_aws.reports.report import Report, Section
from lakehouse_aws.reports.tables import Table

# An inline script ends at its first end tag, whatever the JSON around it says.
IN_SCRIPTS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def render(
    report: Report,
    queries: Sequence[str],
    answers: Sequence[Sequence[Row]],
    version: str | None,
    made_at: datetime,
) -> str:
    """The page.

    :param queries: the text of each section's query
    :param answers: the rows of each section
    :param version: the tag of what is published; None when nothing was, ever
    :param made_at: when the page is made (UTC)
    """
    from jinja2 import Environment
    from plotly.offline import get_plotlyjs

    sections = zip(report.sections, queries, answers, strict=True)
    views = [
        {"id": f"section-{place}", "section": section, "query": query, **_view(section, rows)}
        for place, (section, query, rows) in enumerate(sections, 1)
    ]
    figures = {view["id"]: json.loads(view["figure"].to_json()) for view in views if "figure" in view}
    # Autoescaped: names of files, reasons and symbols come from outside.
    template = Environment(autoescape=True).from_string(_resource("page.html.j2"))
    return template.render(
        title=report.title,
        version=version,
        made_at=made_at,
        views=views,
        figures=json.dumps(figures).translate(IN_SCRIPTS),
        style=_resource("page.css"),
        script=_resource("page.js"),
        library=get_plotlyjs() if figures else "",
    )


def compress(page: str) -> bytes:
    """For an object with `Content-Encoding: gzip`: the library makes a third of its size. Equal pages, equal bytes."""
    return gzip.compress(page.encode(), mtime=0)


def _view(section: Section, rows: Sequence[Row]) -> Mapping:
    if not rows:
        return {}
    if isinstance(section.view, Table):
        return {"columns": section.view.columns.values(), "cells": section.view.cells(rows)}
    return {"figure": section.view.figure(rows)}


def _resource(name: str) -> str:
    return files("lakehouse_aws.reports").joinpath(name).read_text()
