"""What a report is: a page about tables that are published together, made of sections with a query each."""

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse_aws.reports.charts import Chart
from lakehouse_aws.reports.tables import Table


@dataclass(frozen=True)
class Section:
    """A picture or a table of what a query found.

    :param about: what is seen, in a sentence, with the units
    :param query: a .sql file
    """

    title: str
    about: str
    query: str
    view: Chart | Table


@dataclass(frozen=True)
class Report:
    """A page.

    :param tables: those whose published version the page tells
    """

    title: str
    tables: Sequence[str]
    sections: Sequence[Section]
