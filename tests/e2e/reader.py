"""A reader who asks for the published facts all the time, whatever is being killed."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from stack.errors import StackError
from tests.e2e.conftest import Lakehouse

QUESTION = """
SELECT
    count(*) AS facts,
    sum(f.amount) AS amount,
    sum(f.event_count) AS events,
    count(CASE WHEN c.customer_key IS NULL OR a.account_key IS NULL OR d.date_key IS NULL THEN 1 END) AS orphans
FROM fact_transactions AS f
LEFT JOIN dim_customers AS c ON f.customer_key = c.customer_key
LEFT JOIN dim_accounts AS a ON f.account_key = a.account_key
LEFT JOIN dim_dates AS d ON f.date_key = d.date_key
"""
Answer = tuple[tuple[str, str | None], ...]


@contextmanager
def reading(lakehouse: Lakehouse) -> Iterator[Counter[Answer]]:
    """Every answer that the reader gets, and how often. To get none, while the endpoint is down, is no wrong answer."""
    answers: Counter[Answer] = Counter()
    ended = threading.Event()

    def read() -> None:
        while not ended.wait(0.2):
            try:
                [row] = lakehouse.athena(QUESTION)
            except (BotoCoreError, ClientError, StackError):
                continue
            answers[tuple(row.items())] += 1

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield answers
    finally:
        ended.set()
        reader.join()


def answer(totals: dict[str, str]) -> Answer:
    """What a right reader gets of facts with these totals."""
    return tuple((totals | {"orphans": "0"}).items())
