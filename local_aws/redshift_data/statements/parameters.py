"""Parameters of the Data API as Redshift is given them: texts.

A parameter has no type of its own (https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_SqlParameter.html).
A text that reads as a number is taken for one where one is needed; for a boolean, a date or a timestamp the statement
has to say what it is: a text is compared (`:flag = 'true'`), as Redshift casts none to boolean, or cast
(`CAST(:moment AS TIMESTAMP)`).
"""

import re

from psycopg2 import extensions

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class TextParameter:
    """A text that psycopg writes as a VARCHAR, where a bare literal would become whatever type its place has."""

    def __init__(self, text: str) -> None:
        self._quoted = extensions.QuotedString(text)

    def __conform__(self, protocol: object) -> "TextParameter | None":
        return self if protocol is extensions.ISQLQuote else None

    def prepare(self, connection: extensions.connection) -> None:
        self._quoted.prepare(connection)

    def getquoted(self) -> bytes:
        return self._quoted.getquoted() + b"::varchar"


def bound(value: str) -> str | TextParameter:
    return value if NUMBER.fullmatch(value) else TextParameter(value)
